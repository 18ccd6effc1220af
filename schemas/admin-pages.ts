/** What the pages of the administration are asked with. */
import { type Static, Type } from '@sinclair/typebox'
import { ListQuery, StreamQuery } from './hosted-pages.ts'
import { oneOf } from './ref.ts'
import { SessionParams } from './sessions.ts'
import { UserId, UserParams, type UsersQuery } from './users.ts'

/** Of a search form: what was left empty is there, as an empty text. */
export const UserSearchQuery = Type.Object({
  ...ListQuery.properties,
  email: Type.Optional(Type.String({ maxLength: 254, pattern: '^[ -~]*$' })),
  state: Type.Optional(oneOf(['', 'disabled', 'unverified', 'admin'])),
})
export type UserSearchQuery = Static<typeof UserSearchQuery>

/** What each choice of the search form means. */
export const STATES: Record<string, UsersQuery> = {
  disabled: { disabled: true },
  unverified: { email_verified: false },
  admin: { access_role: 'admin' },
}

/** Of an action on a user, or on one of the user's sessions. */
export const UserOrSessionParams = Type.Object({
  ...UserParams.properties,
  session_id: Type.Optional(SessionParams.properties.session_id),
})
export type UserOrSessionParams = Static<typeof UserOrSessionParams>

/** Of all users, or of one. */
export const UserStreamQuery = Type.Object({ ...StreamQuery.properties, user_id: Type.Optional(UserId) })

/** As `<input type="datetime-local">` has it: in UTC, like the times on the pages. */
const timeOrNothing = Type.String({ pattern: '^(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,3})?)?)?$' })

/** A user, by id or by e-mail address. */
const userOrNothing = Type.String({ maxLength: 254, pattern: '^([0-9]{0,15}|[!-~]+@[!-~]+)$' })

export const HistoryQuery = Type.Object({
  ...ListQuery.properties,
  user_id: Type.Optional(userOrNothing),
  actor_id: Type.Optional(userOrNothing),
  kind: Type.Optional(Type.String({ pattern: '^[a-z-]{0,32}$' })),
  from: Type.Optional(timeOrNothing),
  to: Type.Optional(timeOrNothing),
})
