// app.pagination: keyset pagination. A cursor is the key of the previous page's last row, so page 10,000 costs what page 1 costs.
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    pagination: {
      /** The page that a query asks for. @throws requestInvalid for a cursor that is not one of ours */
      read(query: { limit?: string; cursor?: string }): { limit: number; after?: string }
      /**
       * Cuts a page out of rows that were queried with `limit + 1`.
       * @param keyOf the key the rows are ordered by
       */
      cut<Row>(rows: Row[], limit: number, keyOf: (row: Row) => string): { results: Row[]; next_cursor: string | null }
    }
  }
}

const DEFAULT_LIMIT = 20

export default fp(
  async app => {
    app.decorate('pagination', {
      read({ limit, cursor }) {
        const after = cursor === undefined ? undefined : decodeCursor(cursor)
        return { limit: limit === undefined ? DEFAULT_LIMIT : Number(limit), ...(after !== undefined && { after }) }
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

function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url')
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (encodeCursor(key) !== cursor || !/^[ -~]*$/.test(key))
    throw errors.requestInvalid({ details: { in: 'querystring', field: 'cursor', problem: 'must be a next_cursor' } })
  return key
}
