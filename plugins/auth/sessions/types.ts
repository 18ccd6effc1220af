import type { AuditEventKind } from '#sql/audit-events.ts'
import type { Session } from '#sql/sessions.ts'
import type { User } from '#sql/users.ts'
import type { Client } from '../../http/client.ts'
import type { AccessClaims, RefreshClaims } from '../tokens/claims.ts'

/** What tokens claim about the session's user. */
export type Rights = Pick<User, 'access_role' | 'mfa_enabled'>

/** What tokens are made from. */
export type ActiveSession = Pick<
  Session,
  'id' | 'user_id' | 'generation' | 'rotated_at' | 'expires_at' | 'auth_time' | 'amr'
> &
  Rights

export interface Tokens {
  token: string
  refresh_token: string
  token_type: 'Bearer'
  /** Lifetime of `token` (seconds). */
  expires_in: number
  user_id: User['id']
}

export interface SessionCookie {
  token: string
  claims: Omit<AccessClaims, 'iss' | 'aud'>
  /** How long a browser keeps it (seconds); absent if only until it is closed. */
  lifetime?: number
}

export interface Sessions {
  /** What an access token of the session's current generation claims. */
  claimsOf(session: ActiveSession): Omit<AccessClaims, 'iss' | 'aud'>
  /** The tokens of a session's current generation: the very same ones at each call. */
  tokensOf(session: ActiveSession): Tokens
  cookieOf(session: ActiveSession, kept?: Pick<AccessClaims, 'transient'>): SessionCookie
  /**
   * Exchanges a refresh token for the next generation of tokens. The previous generation's, within the grace, gets the current tokens again.
   * @throws tokenInvalid; also for an older generation, which is theft and revokes the session; tokenExpired; userNotFound
   * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14
   */
  rotate(refresh: RefreshClaims, client: Client): Promise<Tokens>
  /**
   * Renews the session of an expired cookie. It asks the database, so that no revocation is missed, however old.
   * @throws tokenInvalid, tokenExpired
   */
  renew(claims: Pick<AccessClaims, 'sid' | 'gen'>): Promise<ActiveSession>
  /**
   * Ends one session of this user: when this returns its tokens are dead in this process, and within milliseconds in all others.
   * @returns false if there is no such active session
   */
  end(userId: User['id'], sessionId: Session['id'], client: Client): Promise<boolean>
  /** The same because an old refresh token came back, or something else that works once: that is theft. */
  revokeForReuse(
    session: Pick<Session, 'id' | 'user_id' | 'client_id'>,
    client: Client,
    kind?: AuditEventKind,
  ): Promise<void>
}
