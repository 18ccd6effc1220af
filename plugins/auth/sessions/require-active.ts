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
  const { access_role, mfa_enabled } = session
  if (access_role === null || mfa_enabled === null) throw errors.userNotFound()
  if (session.revoked_at !== null || session.disabled) throw errors.tokenInvalid()
  if (session.expires_at <= session.now) throw errors.tokenExpired()
  return { ...session, access_role, mfa_enabled }
}
