/** What every paginated list has in common. */
import { Type } from '@sinclair/typebox'
import { nullable } from './common.ts'

export const pageQuery = {
  limit: Type.Optional(
    Type.String({
      pattern: '^([1-9][0-9]?|100)$',
      description: 'Maximum number of results to return, from 1 to 100. Default: 20.',
      examples: ['20'],
    }),
  ),
  cursor: Type.Optional(
    Type.String({ maxLength: 512, description: 'The `next_cursor` of the previous page. Omit it for the first page.' }),
  ),
}

export const NextCursor = nullable(Type.String({ examples: ['MTEzOA'] }), {
  description: 'Pass it as `cursor` to get the next page. `null` on the last page.',
})
