/** Steps shared by tests of passkeys. */
import type { FastifyInstance } from 'fastify'
import { call, type LoggedIn, logIn, PASSWORD, reauthenticated, verifiedUser } from './app.ts'
import { type Authenticator, authenticator, type Twist } from './authenticator.ts'

/** The origin of PUBLIC_URL in tests. */
export const ORIGIN = 'http://holocron.test'
export const PASSKEYS = '/users/v1/mfa/passkeys'

type CreationOptions = Parameters<Authenticator['create']>[0]

/** The options for creating a passkey. */
export async function creationOptions(app: FastifyInstance, token: string) {
  const response = await call(app, 'POST', `${PASSKEYS}/options`, { token, payload: { password: PASSWORD } })
  if (response.statusCode !== 200) throw new Error(`no options: ${response.body}`)
  return response.json<CreationOptions & Record<string, unknown>>()
}

/** Creates a passkey, possibly with a defect, and sends it. */
export async function register(
  app: FastifyInstance,
  token: string,
  key: Authenticator,
  twist: Twist = {},
  name?: string,
) {
  const credential = key.create(await creationOptions(app, token), twist)
  return call(app, 'POST', PASSKEYS, { token, payload: { credential, ...(name && { name }) } })
}

export interface Holder extends LoggedIn {
  key: Authenticator
  passkey_id: string
}

/** A user who has registered a passkey, in a live session, which may make sensitive changes. */
export async function holder(
  app: FastifyInstance,
  count = 0,
  user?: { email: string; password: string },
): Promise<Holder> {
  const session = await reauthenticated(app, await logIn(app, user ?? (await verifiedUser(app))))
  const key = authenticator(ORIGIN, count)
  const response = await register(app, session.token, key)
  if (response.statusCode !== 200) throw new Error(`not registered: ${response.body}`)
  // Mails are sent in parallel: that of the registration must arrive before any other.
  await app.mailer.idle()
  return { ...session, key, passkey_id: response.json<{ passkey: { id: string } }>().passkey.id }
}

type RequestOptions = Parameters<Authenticator['get']>[0]

export const LOGIN = '/users/v1/login/passkey'

/** The options for using a passkey. */
export async function requestOptions(app: FastifyInstance): Promise<RequestOptions> {
  return (await call(app, 'POST', `${LOGIN}/options`)).json<RequestOptions>()
}

/** Logs in by passkey, possibly with a defect. */
export async function passkeyLogin(app: FastifyInstance, key: Authenticator, twist: Twist = {}) {
  return sendAssertion(app, key.get(await requestOptions(app), twist))
}

export function sendAssertion(app: FastifyInstance, credential: object) {
  return call(app, 'POST', LOGIN, { payload: { credential } })
}
