/** The library keeps its own session for each browser. Ours decides who is signed in: the library's is updated from it with each request. */
import type { Provider } from 'oidc-provider'
import type { AccessClaims } from '../../auth/tokens/claims.ts'
import { acrOf } from './acr.ts'
import { requestContextOf } from './request-context.ts'

type Session = Awaited<ReturnType<Provider['Session']['get']>>

/** Patches `Session.get`, which the library calls before it handles anything else of a request, and `Session.prototype.persist`. */
export function syncBrowserSessions({ Session }: Provider): void {
  const read = Session.get.bind(Session)
  Session.get = async ctx => {
    const { visitor } = requestContextOf(ctx)
    let session = await read(ctx)
    if (session.accountId !== visitor?.sub) session = await discardIfSignedIn(session, () => read(ctx))
    // After a reauthentication the session stays, with its pending interactions.
    return visitor && !isSameLogin(session, visitor) ? signIn(session, visitor) : session
  }

  // On an error page a new session has no expiry yet, and the library would fail to store it; its cookie is not sent either.
  const { persist } = Session.prototype
  Session.prototype.persist = async function () {
    return this.exp === undefined ? '' : persist.call(this)
  }

  /** The session of another user, or of a login that has ended, is deleted with everything in it. */
  async function discardIfSignedIn(session: Session, readAgain: () => Promise<Session>): Promise<Session> {
    if (session.accountId === undefined) return session
    await session.destroy()
    return readAgain()
  }
}

/** Compares `acr` too: `auth_time` is in seconds, and two logins within one second can differ in their factors. */
function isSameLogin(session: Session, visitor: AccessClaims): boolean {
  return session.loginTs === authTimeOf(visitor) && session.acr === acrOf(visitor.amr)
}

function signIn(session: Session, visitor: AccessClaims): Session {
  const { sub, amr } = visitor
  session.loginAccount({ accountId: sub, loginTs: authTimeOf(visitor), amr, acr: acrOf(amr) })
  // The library saves a session only if it is marked as touched.
  return Object.assign(session, { touched: true })
}

/** Sessions opened by releases before `auth_time` have none: 0 makes any `max_age` ask for a new login. */
function authTimeOf({ auth_time = 0 }: AccessClaims): number {
  return auth_time
}
