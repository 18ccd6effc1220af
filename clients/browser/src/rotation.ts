import type { Lock } from './lock.ts'
import { codeOf } from './service-error.ts'
import type { Session, Store, Tokens } from './store.ts'
import type { Posted } from './types.ts'

/** A lost response can be asked for again within the service's grace period, which is 10 s: so wait less. */
const REFRESH_TIMEOUT_MS = 8000

/** An access token is replaced when nine tenths of its lifetime have passed. */
const USED_LIFETIME = 0.9

/** The codes that end a session. Any other response to a refresh, such as a gateway's, says nothing of it. */
const SESSION_OVER = ['token-invalid', 'token-expired', 'user-not-found']

export type TokenSession = Session & { tokens: Tokens }
export type IssuedTokens = Pick<Posted<'/users/v1/generate_tokens'>, 'token' | 'refresh_token' | 'expires_in'>

/** The session with new tokens; or the response why there are none now; or undefined if it is over. */
export type Refreshed = TokenSession | Response | undefined

export interface Rotation {
  /** Replaces the session's access token, unless another request or tab has done so. */
  refresh(old: TokenSession): Promise<Refreshed>
  /** Replaces it in any case. The caller holds the lock. */
  rotate(session: TokenSession): Promise<Refreshed>
  /** Stores what a request has returned. The caller holds the lock. */
  renew(session: TokenSession, issued: IssuedTokens): TokenSession
}

export function createRotation(base: string, store: Store, exclusively: Lock): Rotation {
  /** Requests of this tab that wait for the same refresh, by the access token that it replaces. */
  const running = new Map<string, Promise<Refreshed>>()

  async function newest(old: TokenSession): Promise<Refreshed> {
    const session = current(store)
    // Logged out; or logged in anew, perhaps as somebody else, in whose name the request must not be sent.
    if (session?.id !== old.id) return undefined
    return session.tokens.access === old.tokens.access ? rotate(session) : session
  }

  async function rotate(session: TokenSession): Promise<Refreshed> {
    const ask = () =>
      fetch(`${base}/users/v1/generate_tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${session.tokens.refresh}` },
        credentials: 'omit',
        signal: AbortSignal.timeout(REFRESH_TIMEOUT_MS),
      })
    const response = await ask().catch(ask)
    if (response.ok) return renew(session, await response.json())
    if (!SESSION_OVER.includes((await codeOf(response)) ?? '')) return response
    store.change('expired', session)
    return undefined
  }

  function renew(session: TokenSession, issued: IssuedTokens): TokenSession {
    const renewed = { ...session, tokens: tokensOf(issued) }
    store.change('refresh', renewed)
    return renewed
  }

  return {
    refresh(old) {
      const { access } = old.tokens
      const shared = running.get(access) ?? exclusively(() => newest(old)).finally(() => running.delete(access))
      running.set(access, shared)
      return shared
    },
    rotate,
    renew,
  }
}

export function tokensOf({ token, refresh_token, expires_in }: IssuedTokens): Tokens {
  return { access: token, refresh: refresh_token, refreshAt: Date.now() + expires_in * 1000 * USED_LIFETIME }
}

export function hasTokens(session: Session | undefined): session is TokenSession {
  return session?.tokens !== undefined
}

export function current(store: Store): TokenSession | undefined {
  const session = store.get()
  return hasTokens(session) ? session : undefined
}
