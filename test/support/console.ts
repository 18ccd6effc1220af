/** What a browser does that is signed in, without one: it keeps its cookie. */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { administrator, call, PASSWORD, verifiedUser } from './app.ts'
import { browserLogIn, cookieIn, OWN_PAGE, setCookie } from './cookies.ts'
import { type Form, open, submit } from './pages.ts'

export interface SignedInBrowser {
  user: { email: string; password: string }
  cookie(): string
  open(path: string): Promise<LightMyRequestResponse>
  /** @param from the page that the form is on */
  submit(path: string, form?: Form, from?: string): Promise<LightMyRequestResponse>
  /** Authenticates again, as `/account/reauthenticate` asks for it. */
  reauthenticate(proof?: Record<string, string>): Promise<LightMyRequestResponse>
}

/**
 * Signs a browser in; signs up first if no user is given.
 * @param otp for a user with an authenticator app
 */
export async function signedInBrowser(
  app: FastifyInstance,
  user?: { email: string; password: string },
  otp?: string,
): Promise<SignedInBrowser> {
  const account = user ?? (await verifiedUser(app))
  let cookie = otp === undefined ? await browserLogIn(app, account) : await signInWithOtp(app, account, otp)
  const headers = () => ({ ...OWN_PAGE, cookie: `${app.sessionCookie.name}=${cookie}` })

  function keepCookie(response: LightMyRequestResponse): LightMyRequestResponse {
    if (setCookie(response)?.startsWith(`${app.sessionCookie.name}=`)) cookie = cookieIn(response)
    return response
  }

  const browser: SignedInBrowser = {
    user: account,
    cookie: () => cookie,
    open: async path => keepCookie(await open(app, path, headers())),
    submit: async (path, form = {}, from) =>
      keepCookie(
        await submit(app, path, form, { ...headers(), ...(from && { referer: app.config.PUBLIC_URL + from }) }),
      ),
    async reauthenticate(proof = { password: PASSWORD }) {
      const response = await browser.submit('/account/reauthenticate', proof)
      if (response.statusCode !== 303) throw new Error(`not reauthenticated: ${response.statusCode} ${response.body}`)
      return response
    },
  }
  return browser
}

async function signInWithOtp(app: FastifyInstance, user: { email: string; password: string }, otp: string) {
  const half = await call(app, 'POST', '/sessions/v1/', { payload: user, headers: OWN_PAGE })
  const { mfa_token } = half.json<{ mfa_token: string }>()
  return cookieIn(await call(app, 'POST', '/sessions/v1/mfa', { payload: { mfa_token, otp }, headers: OWN_PAGE }))
}

/** An administrator's browser, which has just authenticated again. */
export async function administratorsBrowser(app: FastifyInstance): Promise<SignedInBrowser> {
  const { email } = await administrator(app)
  const browser = await signedInBrowser(app, { email, password: PASSWORD })
  await browser.reauthenticate()
  return browser
}
