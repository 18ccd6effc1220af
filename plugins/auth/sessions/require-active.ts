import { errors } from '#schemas/errors.ts'
import type { SessionWithUser } from '#sql/sessions.ts'
import type { Rights } from './types.ts'

export type UsableSession = SessionWithUser & Rights

/**
 * The session, if its tokens may be renewed: it is active, and so is its user.
 * @throws tokenInvalid, tokenExpired; userNotFound if the user was deleted
 */
export function requireActive(session: SessionWithUser | undefined): UsableSession {
  if (!session) throw errors.tokenInvalid()
  if (isActive(session)) return session
  if (session.access_role === null) throw errors.userNotFound()
  throw session.revoked_at !== null || session.disabled ? errors.tokenInvalid() : errors.tokenExpired()
}

/** Whether the session has neither ended nor expired, and its user may log in. */
export function isActive(session: SessionWithUser): session is UsableSession {
  const { access_role, disabled, expires_at, mfa_enabled, now, revoked_at } = session
  const hasUser = access_role !== null && mfa_enabled !== null
  return hasUser && !disabled && revoked_at === null && expires_at > now
}
