import type { Lock } from './lock.ts'
import { type Mode, newSessionId } from './mode.ts'
import { createRotation, current, hasTokens, type TokenSession, tokensOf } from './rotation.ts'
import { codeOf } from './service-error.ts'
import type { Store } from './store.ts'
import type { Exchange } from './types.ts'

const EXCHANGES: Record<Exchange, true> = {
  'PUT /users/v1/password': true,
  'POST /users/v1/reauthenticate': true,
  'POST /social/v1/{provider}/reauthenticate': true,
}

/** Of a request's method and path, which begins with the service's own. */
const exchanges = Object.keys(EXCHANGES).map(each => {
  const [method, path] = each.replace(/\{\w+\}/g, '[^/]+').split(' ')
  return { method, path: new RegExp(`${path}$`) }
})

/** Why a request is rejected for its token. Without a code it is a gateway that has rejected it, which checks nothing else. */
const TOKEN_REJECTED = [undefined, 'token-invalid', 'token-expired']

/** Access and refresh tokens, kept fresh. */
export function tokenMode(base: string, store: Store, exclusively: Lock): Mode {
  const { refresh, rotate, renew } = createRotation(base, store, exclusively)

  /** The earlier tokens end with such a request, without a grace period: no refresh may use them meanwhile. */
  function exchange(request: Request, session: TokenSession): Promise<Response> {
    return exclusively(async () => {
      const latest = current(store)
      if (latest?.id !== session.id) return sendWith(request, session)
      const response = await sendWith(request, latest)
      const body = response.ok ? await response.clone().json() : {}
      if ('refresh_token' in body) renew(latest, body)
      return response
    })
  }

  async function fetchAs(request: Request, session: TokenSession): Promise<Response> {
    const deliver = isExchange(request) ? exchange : sendWith
    const response = await deliver(request.clone(), session)
    if (response.status !== 401 || !TOKEN_REJECTED.includes(await codeOf(response))) return response
    const next = await refresh(session)
    if (next instanceof Response) return next
    return next ? deliver(request, next) : response
  }

  /** The token still works for a while: if there is no other one now, it is tried. */
  async function refreshed(session: TokenSession): Promise<TokenSession> {
    const next = await refresh(session).catch(() => undefined)
    return next === undefined || next instanceof Response ? session : next
  }

  return {
    ways: {
      password: '/users/v1/login',
      otp: '/users/v1/login/mfa',
      recoveryCode: '/users/v1/login/recovery_code',
      passkey: '/users/v1/login/passkey',
    },

    keep(opened) {
      if (!('refresh_token' in opened)) throw new TypeError('a login without tokens')
      return { id: newSessionId(), user_id: opened.user_id, tokens: tokensOf(opened) }
    },

    async fetch(request) {
      const session = current(store)
      if (!session) return fetch(new Request(request, { credentials: 'omit' }))
      return fetchAs(request, Date.now() < session.tokens.refreshAt ? session : await refreshed(session))
    },

    async end(session) {
      if (!hasTokens(session)) return undefined
      const request = new Request(`${base}/users/v1/logout`, { method: 'POST' })
      const response = await sendWith(request.clone(), session)
      if (response.status !== 401) return response
      const next = await rotate(session)
      if (next instanceof Response) return next
      return next ? sendWith(request, next) : response
    },
  }
}

function isExchange({ method, url }: Request): boolean {
  const { pathname } = new URL(url)
  return exchanges.some(each => each.method === method && each.path.test(pathname))
}

function sendWith(request: Request, { tokens }: TokenSession): Promise<Response> {
  const authorized = new Request(request, { credentials: 'omit' })
  authorized.headers.set('authorization', `Bearer ${tokens.access}`)
  return fetch(authorized)
}
