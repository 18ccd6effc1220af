/** What every paginated list has in common. */
import { type Static, Type } from '@sinclair/typebox'
import { nullable } from './common.ts'

export const DEFAULT_LIMIT = 20

/** Query parameters of a paginated list. */
export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      default: DEFAULT_LIMIT,
      description: 'Maximum number of results to return.',
      examples: [DEFAULT_LIMIT],
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      maxLength: 512,
      description: 'The `next_cursor` of the previous page. Omit it for the first page.',
      examples: ['MTEzOA'],
    }),
  ),
}

const PagingQuery = Type.Object(pageQuery)
export type PagingQuery = Static<typeof PagingQuery>

export const NextCursor = nullable(Type.String({ examples: ['MTEzOA'] }), {
  description: 'Pass it as `cursor` to get the next page. `null` on the last page.',
})
