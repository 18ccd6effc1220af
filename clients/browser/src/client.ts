import { cookieMode } from './cookie.ts'
import { createLock } from './lock.ts'
import type { Opened } from './mode.ts'
import { signWithPasskey } from './passkey.ts'
import { codeOf, ServiceError } from './service-error.ts'
import type { Place } from './storage.ts'
import { type Change, createStore } from './store.ts'
import { tokenMode } from './tokens.ts'
import type { Posted, PostPath, Schemas } from './types.ts'

export interface Options {
  /**
   * Where the session is kept. `browser`: tokens in `localStorage`, for all tabs. `tab`: tokens in `sessionStorage`. `memory`: tokens until the page is
   * left. `cookie`: in a cookie that no script can read, for pages of the service's origin or of its COOKIE_ORIGINS.
   */
  session?: Place | 'cookie'
}

export type Client = ReturnType<typeof createClient>

/**
 * A client of the service. What it does not know by name is called by its `fetch`.
 * @param baseUrl the service's PUBLIC_URL
 */
export function createClient(baseUrl: string, { session: place = 'browser' }: Options = {}) {
  const base = new URL(baseUrl, globalThis.location?.href).href.replace(/\/+$/, '')
  const { origin } = new URL(base)
  const name = `holocron ${base}`
  const listeners = new Set<(change: Change) => void>()
  const exclusively = createLock(name)
  const store = createStore(name, place === 'cookie' ? 'browser' : place, change => {
    for (const listener of listeners) listener(change)
  })
  const mode = (place === 'cookie' ? cookieMode : tokenMode)(base, store, exclusively)

  /**
   * As the browser's `fetch`, by the logged-in user if there is one. A path is one of the service. Gets new tokens if the present ones have expired,
   * or are about to; if the session is over, its response is the 401.
   * @throws {TypeError} without a response, as the browser's; and for another origin, which must not get the token
   */
  async function fetchAsUser(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const isPath = typeof input === 'string' && input.startsWith('/')
    const request = new Request(isPath ? base + input : input, init)
    if (new URL(request.url).origin !== origin) throw new TypeError(`not a URL of ${origin}: ${request.url}`)
    return mode.fetch(request)
  }

  async function post<Path extends PostPath>(path: Path, body: object): Promise<Posted<Path>> {
    const response = await fetch(base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      credentials: place === 'cookie' ? 'include' : 'omit',
    })
    if (!response.ok) throw new ServiceError(response, await codeOf(response))
    return response.json()
  }

  function open(opened: Opened): Promise<void> {
    return exclusively(async () => store.change('login', mode.keep(opened)))
  }

  return {
    fetch: fetchAsUser,

    /** The id of the user who is logged in, as far as this browser knows. With a cookie it may not know yet: see `me`. */
    get userId(): number | undefined {
      return store.get()?.user_id
    },

    /** Reads the logged-in user, also one whom only the cookie knows. @throws {ServiceError} */
    async me(): Promise<Schemas['User'] | undefined> {
      const response = await fetchAsUser('/users/v1/me')
      if (response.status === 401) return undefined
      if (!response.ok) throw new ServiceError(response, await codeOf(response))
      const user: Schemas['User'] = await response.json()
      if (place === 'cookie' && store.get()?.user_id !== user.id)
        await open({ status: 'ok', user_id: user.id, email: user.email })
      return user
    },

    /** @throws {ServiceError} such as `user-already-exists` */
    async signUp(body: Schemas['SignupRequest']): Promise<void> {
      await post('/users/v1/signup', body)
    },

    /**
     * Logs in by password, or returns the challenge for a second factor.
     * @throws {ServiceError} such as `not-found`: the e-mail address or the password is wrong
     */
    async logIn(body: Schemas['LoginRequest']): Promise<Schemas['MfaChallenge'] | undefined> {
      const outcome = await post(mode.ways.password, body)
      if ('mfa_required' in outcome) return outcome
      await open(outcome)
      return undefined
    },

    /** Answers a challenge. @throws {ServiceError} such as `otp-invalid` */
    async finishLogIn(body: Schemas['OtpLoginRequest'] | Schemas['RecoveryCodeLoginRequest']): Promise<void> {
      const outcome = await post('otp' in body ? mode.ways.otp : mode.ways.recoveryCode, body)
      if (!('mfa_required' in outcome)) await open(outcome)
    },

    /** Logs in by a passkey, with nothing typed. @throws {ServiceError}, or {DOMException} `NotAllowedError` if the user does not want to */
    async logInByPasskey(): Promise<void> {
      const credential = await signWithPasskey(await post('/users/v1/login/passkey/options', {}))
      const outcome = await post(mode.ways.passkey, { credential })
      if (!('mfa_required' in outcome)) await open(outcome)
    },

    /**
     * Logs out, in all tabs that share the session. This browser forgets it in any case.
     * @throws {ServiceError} or {TypeError} if the service could not be told, where the session then lasts until it expires
     */
    logOut(): Promise<void> {
      return exclusively(async () => {
        const session = store.get()
        try {
          const response = await mode.end(session)
          if (response && !response.ok && response.status !== 401)
            throw new ServiceError(response, await codeOf(response))
        } finally {
          if (session && store.get()) store.change('logout', session)
        }
      })
    },

    /** Listens to what happens to the session, in this tab or another. Returns the function that stops it. */
    onChange(listener: (change: Change) => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },

    /** Stops listening to other tabs. */
    close: store.close,
  }
}
