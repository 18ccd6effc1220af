/** Where a page begins: the key of the last row before it, so that page ten thousand costs what page one costs. */
import { errors } from './errors.ts'

const DEFAULT_LIMIT = 20

/** What a caller asks for: so many rows, after that key. @throws requestInvalid where the cursor is none of ours */
export function pageOf({ limit, cursor }: { limit?: string; cursor?: string }): { limit: number; after?: string } {
  const after = cursor === undefined ? undefined : decodeCursor(cursor)
  return { limit: limit === undefined ? DEFAULT_LIMIT : Number(limit), ...(after !== undefined && { after }) }
}

/** The cursor of the page after this key. */
function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url')
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (encodeCursor(key) !== cursor || !/^[ -~]*$/.test(key))
    throw errors.requestInvalid({ details: { in: 'querystring', field: 'cursor', problem: 'must be a next_cursor' } })
  return key
}

/**
 * Cuts a page out of rows that were asked for one beyond `limit`.
 * @param keyOf what the rows are ordered by
 */
export function cutPage<Row>(rows: Row[], limit: number, keyOf: (row: Row) => string) {
  const results = rows.slice(0, limit)
  const last = results.at(-1)
  return { results, next_cursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null }
}
