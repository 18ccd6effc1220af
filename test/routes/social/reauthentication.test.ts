// Users without a password make sensitive changes after a new login at their provider.
import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { call, codeOf } from '../../support/app.ts'
import { otpOf, steppingClock, TOTP } from '../../support/mfa.ts'
import type { OpenidServer } from '../../support/providers/openid.ts'
import { visit } from '../../support/providers/visit.ts'
import { APP_CALLBACK, Browser, withCorp } from '../../support/social.ts'

const PATH = '/social/v1/corp'

/** A user who signed up by the provider: tokens of a session. */
async function signedUp(app: FastifyInstance, corp: OpenidServer): Promise<string> {
  const nonce = randomUUID()
  const payload = { id_token: corp.issue({ nonce }), nonce }
  const response = await call(app, 'POST', PATH, { payload })
  if (response.statusCode !== 200) throw new Error(`no login: ${response.body}`)
  return response.json<{ token: string }>().token
}

async function started(app: FastifyInstance, token?: string) {
  const payload = { redirect_uri: APP_CALLBACK, reauthenticate: true }
  const response = await call(app, 'POST', `${PATH}/transaction`, { payload, ...(token !== undefined && { token }) })
  return response.json<{ transaction: string; authorize_url: string; nonce: string }>()
}

/** A new login at the provider, as an application sends it. */
async function codeFor(app: FastifyInstance, token?: string) {
  const { transaction, authorize_url } = await started(app, token)
  const code = (await visit(authorize_url)).searchParams.get('code')
  return { transaction, code }
}

const reauthenticate = (app: FastifyInstance, token: string, payload: object) =>
  call(app, 'POST', `${PATH}/reauthenticate`, { token, payload })

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

/** What a stolen token must not do. */
const deleteAccount = (app: FastifyInstance, token: string) =>
  call(app, 'DELETE', `/users/v1/${claimsOf(token).user_id}`, { token })

t.test('a user without a password deletes the account after a new login at the provider', async t => {
  const { app, corp } = await withCorp(t)
  const token = await signedUp(app, corp)
  t.same(claimsOf(token).amr, ['fed'])
  t.equal(codeOf(await deleteAccount(app, token)), 'reauthentication-required')
  const response = await reauthenticate(app, token, await codeFor(app, token))
  t.equal(response.statusCode, 200, response.body)
  const renewed = response.json<{ token: string }>().token
  t.equal(codeOf(await deleteAccount(app, token)), 'token-invalid', 'the token from before is dead')
  t.equal((await deleteAccount(app, renewed)).statusCode, 200)
})

t.test('an ID token with the nonce of the transaction will do, and no other', async t => {
  const { app, corp } = await withCorp(t)
  const token = await signedUp(app, corp)
  const { transaction, nonce } = await started(app, token)
  const foreign = await reauthenticate(app, token, { transaction, id_token: corp.issue({ nonce: 'another' }) })
  t.equal(codeOf(foreign), 'provider-response-invalid')
  t.equal(codeOf(await reauthenticate(app, token, { id_token: corp.issue({ nonce }) })), 'request-invalid')
  const silent = await reauthenticate(app, token, { transaction, id_token: corp.issue({ nonce }) })
  t.equal(codeOf(silent), 'provider-response-invalid', 'it has to say when the user authenticated')
  const payload = { transaction, id_token: corp.issue({ nonce, auth_time: Math.floor(Date.now() / 1000) }) }
  t.equal((await reauthenticate(app, token, payload)).statusCode, 200)
})

t.test('threat: a transaction of another session, of nobody, or one that was used', async t => {
  const { app, corp } = await withCorp(t)
  const [token, other] = [await signedUp(app, corp), await signedUp(app, corp)]
  for (const payload of [await codeFor(app, other), await codeFor(app)])
    t.equal(codeOf(await reauthenticate(app, token, payload)), 'social-state-invalid')
  const payload = await codeFor(app, token)
  const first = await reauthenticate(app, token, payload)
  const again = await reauthenticate(app, first.json<{ token: string }>().token, payload)
  t.ok(again.statusCode >= 400, again.body)
})

t.test('threat: somebody else at the provider', async t => {
  const { app, corp } = await withCorp(t)
  const token = await signedUp(app, corp)
  corp.people.set('thief', { email: 'thief@evil.example', email_verified: true })
  corp.person = 'thief'
  t.equal(codeOf(await reauthenticate(app, token, await codeFor(app, token))), 'login-method-not-found')
  t.equal(codeOf(await deleteAccount(app, token)), 'reauthentication-required')
})

t.test('threat: a login at the provider that is hours old', async t => {
  const { app, corp } = await withCorp(t)
  const token = await signedUp(app, corp)
  const { transaction, nonce } = await started(app, token)
  const id_token = corp.issue({ nonce, auth_time: Math.floor(Date.now() / 1000) - 7200 })
  t.equal(codeOf(await reauthenticate(app, token, { transaction, id_token })), 'provider-response-invalid')
})

t.test('a second factor is asked for here too, and the session says so', async t => {
  const clock = steppingClock(t)
  const { app, corp } = await withCorp(t)
  const session = await signedUp(app, corp)
  const fresh = await reauthenticate(app, session, await codeFor(app, session))
  const { token } = fresh.json<{ token: string }>()
  const { secret } = (await call(app, 'POST', TOTP, { token, payload: {} })).json<{ secret: string }>()
  await call(app, 'POST', `${TOTP}/verify`, { token, payload: { otp: otpOf(secret, -1) } })
  const payload = { id_token: corp.issue({ nonce: 'a-nonce' }), nonce: 'a-nonce' }
  const { mfa_token } = (await call(app, 'POST', PATH, { payload })).json<{ mfa_token: string }>()
  const login = await call(app, 'POST', '/users/v1/login/mfa', { payload: { mfa_token, otp: otpOf(secret) } })
  const renewed = login.json<{ token: string }>().token
  t.same(claimsOf(renewed).amr, ['fed', 'otp', 'mfa'])
  const code = await codeFor(app, renewed)
  t.equal(codeOf(await reauthenticate(app, renewed, code)), 'reauthentication-required')
  clock.forward(t)
  const again = { ...(await codeFor(app, renewed)), otp: otpOf(secret) }
  t.equal((await reauthenticate(app, renewed, again)).statusCode, 200)
})

t.test('a browser authenticates again by a redirect', async t => {
  const { app } = await withCorp(t)
  const browser = new Browser(app)
  await browser.logIn('corp')
  t.equal((await browser.post(`${PATH}/link`, {})).statusCode, 403)
  const started = await browser.post(`${PATH}/reauthenticate/authorize`, { redirect_to: '/account' })
  t.equal(started.statusCode, 303, started.body)
  const response = await browser.open(await visit(started.headers.location ?? ''))
  t.equal(response.headers.location, '/account', response.body)
  t.equal((await browser.post(`${PATH}/link`, {})).statusCode, 303)
})

t.test('threat: a login that was started for linking, which asks for no new authentication, counts as one', async t => {
  const { app, corp } = await withCorp(t)
  const token = await signedUp(app, corp)
  const payload = { redirect_uri: APP_CALLBACK }
  const { transaction, authorize_url } = (await call(app, 'POST', `${PATH}/transaction`, { payload, token })).json()
  const code = (await visit(authorize_url)).searchParams.get('code')
  t.equal(codeOf(await reauthenticate(app, token, { transaction, code })), 'social-state-invalid')
})
