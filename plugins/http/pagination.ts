// app.pagination: keyset pagination. A cursor is the key of the previous page's last row, so page 10,000 costs no more than page 1.
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { DEFAULT_LIMIT, type PagingQuery } from '#schemas/pages.ts'

declare module 'fastify' {
  interface FastifyInstance {
    pagination: {
      /** Reads the requested page from the query. @throws requestInvalid for a cursor that this service did not issue */
      read(query: PagingQuery): { limit: number; after?: string }
      /** The same for a list that is ordered by an integer id. */
      readById(query: PagingQuery): { limit: number; after?: number }
      /** The same for a list that is ordered by a time and then by id: the key of a row is `${time} ${id}`. */
      readByTime(query: PagingQuery): { limit: number; after?: TimeKey }
      /**
       * Cuts one page out of rows that were queried with `limit + 1`.
       * @param keyOf the key by which the rows are ordered
       */
      cut<Row>(
        rows: Row[],
        limit: number,
        keyOf: (row: Row) => number | string,
      ): { results: Row[]; next_cursor: string | null }
    }
  }
}

interface TimeKey {
  /** ms since 1970 */
  time: number
  id: string
}

export default fp(
  async app => {
    app.decorate('pagination', {
      read({ limit = DEFAULT_LIMIT, cursor }) {
        return cursor === undefined ? { limit } : { limit, after: decodeCursor(cursor) }
      },
      readById({ limit = DEFAULT_LIMIT, cursor }) {
        return cursor === undefined ? { limit } : { limit, after: decodeId(cursor) }
      },
      readByTime({ limit = DEFAULT_LIMIT, cursor }) {
        return cursor === undefined ? { limit } : { limit, after: decodeTimeKey(cursor) }
      },
      cut(rows, limit, keyOf) {
        const results = rows.slice(0, limit)
        const last = results.at(-1)
        return { results, next_cursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null }
      },
    })
  },
  { name: 'pagination' },
)

function encodeCursor(key: number | string): string {
  return Buffer.from(String(key)).toString('base64url')
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (encodeCursor(key) !== cursor || !/^[ -~]*$/.test(key)) throw invalidCursor()
  return key
}

function decodeId(cursor: string): number {
  const key = decodeCursor(cursor)
  const id = Number(key)
  if (!Number.isSafeInteger(id) || String(id) !== key) throw invalidCursor()
  return id
}

function decodeTimeKey(cursor: string): TimeKey {
  const [, time, id = ''] = /^(\d{1,15}) (.+)$/.exec(decodeCursor(cursor)) ?? []
  if (time === undefined) throw invalidCursor()
  return { time: Number(time), id }
}

function invalidCursor() {
  return errors.requestInvalid({ details: { in: 'querystring', field: 'cursor', problem: 'must be a next_cursor' } })
}
