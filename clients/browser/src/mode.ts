import type { Session } from './store.ts'
import type { Posted, PostPath, Schemas } from './types.ts'

type LoginPath = Exclude<
  Extract<PostPath, `/users/v1/login${string}` | `/sessions/v1/${string}`>,
  '/users/v1/login/passkey/options'
>

/** What a completed login returns. */
export type Opened = Exclude<Posted<LoginPath>, Schemas['MfaChallenge']>

/** How a session is carried: by tokens, or by a cookie. */
export interface Mode {
  ways: Record<'password' | 'otp' | 'recoveryCode' | 'passkey', LoginPath>
  /** What is kept of a login. */
  keep(opened: Opened): Session
  /** Sends a request as the logged-in user. */
  fetch(request: Request): Promise<Response>
  /** Ends the session at the service. The caller holds the lock. */
  end(session: Session | undefined): Promise<Response | undefined>
}

/** Random enough to differ from any other login of this browser: it is no secret. */
export function newSessionId(): string {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
}
