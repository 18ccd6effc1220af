import t from 'tap'
import { administrator, build, call, codeOf, logIn, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { authenticator } from '../../../support/authenticator.ts'
import { expectError } from '../../../support/error-response.ts'
import { enrolled, otpOf, startTotp, steppingClock, TOTP } from '../../../support/mfa.ts'
import { ORIGIN, register } from '../../../support/passkeys.ts'
import { OFFLINE_PROVIDER } from '../../../support/providers/offline.ts'
import { ask, routesOf } from '../../../support/routes.ts'
import { rotate } from '../../../support/session.ts'

steppingClock(t)

/** What an administrator reaches who has yet to enroll. HEAD goes with GET. */
const OPEN = [
  'POST /social/v1/:provider/reauthenticate',
  'POST /social/v1/:provider/reauthenticate/authorize',
  'GET /users/v1/me',
  'POST /users/v1/logout',
  'DELETE /sessions/v1',
  'DELETE /sessions/v1/',
  'POST /users/v1/mfa/totp',
  'GET /users/v1/mfa/totp/qrcode',
  'POST /users/v1/mfa/totp/verify',
  'POST /users/v1/mfa/passkeys',
  'POST /users/v1/mfa/passkeys/options',
  'POST /users/v1/reauthenticate',
  'POST /users/v1/reauthenticate/options',
  'GET /signin/advice',
  'GET /account/reauthenticate',
  'POST /account/reauthenticate',
  'POST /account/reauthenticate/provider/:provider',
  'GET /account/two-factor',
  'GET /account/two-factor/totp',
  'POST /account/two-factor/totp',
  'POST /account/two-factor/totp/start',
  'GET /account/two-factor/passkeys/new',
  'POST /account/two-factor/passkeys/new',
  'POST /account/two-factor/recovery-codes/file',
]

const app = await build(t, { MFA_REQUIRED_FOR_ADMIN: 'true', ...OFFLINE_PROVIDER })

t.test('an administrator without a second factor reaches the enrolment routes, and nothing else', async t => {
  const open: string[] = []
  for (const route of routesOf(app)) {
    if ((await ask(app, route)).statusCode !== 401) continue
    const { token, refresh_token } = await administrator(app)
    const wanted = route.url.endsWith('/generate_tokens') ? refresh_token : token
    const response = await ask(app, route, wanted)
    if (route.url.endsWith('/generate_tokens')) t.equal(response.statusCode, 200, 'to be asked again after enrolling')
    else if (![401, 403].includes(response.statusCode))
      open.push(`${route.method === 'HEAD' ? 'GET' : route.method} ${route.url}`)
    else if (route.method !== 'HEAD' && response.statusCode === 403)
      t.equal(codeOf(response), 'mfa-required', `${route.method} ${route.url}`)
  }
  t.same([...new Set(open)].sort(), OPEN.sort())
})

t.test('nor creates another administrator by a sign-up', async t => {
  const { token } = await administrator(app)
  const payload = { email: newEmail(), password: PASSWORD, access_role: 'admin' }
  expectError(t, await call(app, 'POST', '/users/v1/signup', { token, payload }), 403, 'forbidden')
})

t.test('with an app enrolled, the next tokens are accepted everywhere', async t => {
  const { token, refresh_token } = await administrator(app)
  const { secret } = await startTotp(app, token)
  const payload = { otp: otpOf(secret) }
  t.equal((await call(app, 'POST', `${TOTP}/verify`, { token, payload })).statusCode, 200)
  expectError(t, await call(app, 'GET', '/users/v1/', { token }), 403, 'mfa-required')
  const next = (await rotate(app, refresh_token)).json<{ token: string }>().token
  t.equal((await call(app, 'GET', '/users/v1/', { token: next })).statusCode, 200)
})

t.test('with a passkey too', async t => {
  const { token, refresh_token } = await administrator(app)
  t.equal((await register(app, token, authenticator(ORIGIN))).statusCode, 200)
  const next = (await rotate(app, refresh_token)).json<{ token: string }>().token
  t.equal((await call(app, 'GET', '/users/v1/', { token: next })).statusCode, 200)
})

t.test('in a browser the cookie that enrolled is renewed on the spot', async t => {
  const user = await verifiedUser(app)
  await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', user.email).execute()
  const headers = { 'sec-fetch-site': 'same-origin' }
  const cookieOf = (response: { headers: Record<string, unknown> }) =>
    String(response.headers['set-cookie']).split(';')[0] ?? ''
  const cookie = cookieOf(await call(app, 'POST', '/sessions/v1/', { payload: user, headers }))
  const byCookie = { ...headers, cookie }
  const started = await call(app, 'POST', TOTP, { headers: byCookie, payload: { password: PASSWORD } })
  const { secret } = started.json<{ secret: string }>()
  const verified = await call(app, 'POST', `${TOTP}/verify`, { headers: byCookie, payload: { otp: otpOf(secret) } })
  const renewed = { ...headers, cookie: cookieOf(verified) }
  t.equal((await call(app, 'GET', '/users/v1/', { headers: renewed })).statusCode, 200)
})

t.test('the last second factor cannot be removed while one is required', async t => {
  const user = await verifiedUser(app)
  await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', user.email).execute()
  const { secret, refresh_token } = await enrolled(app, user)
  const { token } = (await rotate(app, refresh_token)).json<{ token: string }>()
  const response = await call(app, 'DELETE', TOTP, { token, payload: { password: PASSWORD, otp: otpOf(secret) } })
  expectError(t, response, 403, 'mfa-required')
  t.equal((await call(app, 'GET', '/users/v1/me', { token })).json<{ mfa_enabled: boolean }>().mfa_enabled, true)
})

t.test('nobody else is required to', async t => {
  const { token } = await logIn(app)
  t.equal((await call(app, 'GET', '/films/v1/', { token })).statusCode, 200)
})

t.test('an administrator helps a user who has lost every second factor', async t => {
  const admin = await build(t)
  const { token: adminToken, user_id: adminId } = await administrator(admin)
  const lost = await enrolled(admin)
  const remove = (id: number, token: string) => call(admin, 'DELETE', `/users/v1/${id}/mfa`, { token })
  expectError(t, await remove(lost.user_id, lost.token), 403, 'forbidden')
  expectError(t, await remove(adminId, adminToken), 403, 'forbidden')
  expectError(t, await remove(Number.MAX_SAFE_INTEGER, adminToken), 404, 'not-found')
  t.equal((await remove(lost.user_id, adminToken)).statusCode, 200)
  expectError(t, await remove(lost.user_id, adminToken), 404, 'not-found')
  t.equal(codeOf(await call(admin, 'GET', '/films/v1/', { token: lost.token })), 'token-invalid')
  const again = await logIn(admin, lost.user)
  t.equal(
    (await call(admin, 'GET', '/users/v1/me', { token: again.token })).json<{ mfa_enabled: boolean }>().mfa_enabled,
    false,
  )
  await admin.mailer.idle()
  t.equal(admin.mailbox?.list(lost.email)[0]?.subject, 'Your second factors were removed')
})
