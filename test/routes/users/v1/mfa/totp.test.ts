import jsQR from 'jsqr'
import { PNG } from 'pngjs'
import t from 'tap'
import {
  build,
  call,
  codeOf,
  environment,
  logIn,
  PASSWORD,
  reauthenticated,
  verifiedUser,
} from '../../../../support/app.ts'
import { expectError } from '../../../../support/error-response.ts'
import { eventKinds, subjectsTo } from '../../../../support/mails.ts'
import {
  challenge,
  enrolled,
  finish,
  otpOf,
  recover,
  startTotp,
  steppingClock,
  TOTP,
  wrongOtp,
} from '../../../../support/mfa.ts'
import { nextTokens, readFilms } from '../../../../support/session.ts'

const clock = steppingClock(t)
const app = await build(t)

/** What a camera reads. */
function read(png: Buffer): string | undefined {
  const { data, width, height } = PNG.sync.read(png)
  return jsQR.default(new Uint8ClampedArray(data), width, height)?.data
}

const verify = (token: string, otp: string) => call(app, 'POST', `${TOTP}/verify`, { token, payload: { otp } })
const remove = (token: string, payload: object) => call(app, 'DELETE', TOTP, { token, payload })
const me = async (token: string) =>
  (await call(app, 'GET', '/users/v1/me', { token })).json<{ mfa_enabled: boolean; email: string }>()

t.test('authenticator apps and passkeys show the name of the product', async t => {
  const app = await build(t, { APP_NAME: 'Söhne: Ltd' })
  const { token, email } = await reauthenticated(app, await logIn(app))
  const address = new URL((await startTotp(app, token)).uri)
  t.equal(address.searchParams.get('issuer'), 'Söhne Ltd')
  t.equal(decodeURIComponent(address.pathname.split('/').at(-1) ?? ''), `Söhne Ltd:${email}`)
  const options = await call(app, 'POST', '/users/v1/mfa/passkeys/options', { token, payload: { password: PASSWORD } })
  t.equal(options.json().rp.name, 'Söhne: Ltd')
})

t.test('an app reads the secret from the QR code, by either way', async t => {
  const { token, email } = await reauthenticated(app, await logIn(app))
  const { secret, uri, qr_code } = await startTotp(app, token)
  t.match(secret, /^[A-Z2-7]{32}$/, '160 bits')
  const address = new URL(uri)
  t.equal(address.protocol, 'otpauth:')
  t.equal(address.searchParams.get('secret'), secret)
  t.equal(address.searchParams.get('issuer'), 'Holocron')
  t.match(decodeURIComponent(address.pathname), email)
  const [head, picture = ''] = qr_code.split(',')
  t.equal(head, 'data:image/png;base64')
  t.equal(read(Buffer.from(picture, 'base64')), uri)

  const response = await call(app, 'GET', `${TOTP}/qrcode`, { token })
  t.equal(response.headers['content-type'], 'image/png')
  t.equal(response.headers['cache-control'], 'no-store')
  t.equal(read(response.rawPayload), uri)
})

t.test('enrolling requires the password: a stolen token is not enough', async t => {
  const { token } = await logIn(app)
  expectError(
    t,
    await call(app, 'POST', TOTP, { token, payload: { password: 'Coruscant19BBY' } }),
    403,
    'password-wrong',
  )
  expectError(t, await call(app, 'GET', `${TOTP}/qrcode`, { token }), 403, 'reauthentication-required', {
    max_age: 900,
  })
})

t.test('enrolling returns ten recovery codes, and shows in profile, mail and history', async t => {
  const { token, user_id, email, recovery_codes } = await enrolled(app)
  t.equal(new Set(recovery_codes).size, 10)
  for (const code of recovery_codes) t.match(code, /^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/)
  t.equal((await me(token)).mfa_enabled, true)
  t.match(await subjectsTo(app, email), [/Verify/, 'Signing in now asks for a code from your authenticator app'])
  t.equal((await eventKinds(app, user_id)).at(-1), 'totp-enabled')
  t.same((await call(app, 'GET', '/users/v1/mfa/recovery_codes', { token })).json(), { left: 10 })
})

t.test('neither secrets nor recovery codes can be read in the database', async t => {
  const { user_id, secret, recovery_codes } = await enrolled(app)
  const rows = [
    await app.db.selectFrom('totp_secrets').selectAll().where('user_id', '=', user_id).execute(),
    await app.db.selectFrom('recovery_codes').selectAll().where('user_id', '=', user_id).execute(),
  ]
  const text = JSON.stringify(rows)
  t.equal(rows[1]?.length, 10)
  for (const shown of [secret, ...recovery_codes, ...recovery_codes.map(code => code.replaceAll('-', ''))])
    t.notMatch(text, shown)
})

t.test('enrolling ends the other sessions, and this one goes on', async t => {
  const user = await verifiedUser(app)
  const other = await logIn(app, user)
  const { token } = await enrolled(app, user)
  t.equal(codeOf(await readFilms(app, other.token)), 'token-invalid')
  t.equal((await readFilms(app, token)).statusCode, 200)
})

t.test('an unconfirmed secret neither requires nor satisfies a second factor', async t => {
  const user = await verifiedUser(app)
  const { token } = await logIn(app, user)
  const { secret } = await startTotp(app, token)
  t.equal((await me(token)).mfa_enabled, false)
  t.match((await call(app, 'POST', '/users/v1/login', { payload: user })).json(), { token: /^ey/ })
  expectError(t, await verify(token, wrongOtp(secret)), 400, 'otp-invalid')
  t.equal((await me(token)).mfa_enabled, false)
})

t.test('an unconfirmed secret never replaces a confirmed one', async t => {
  const { token, user, secret } = await enrolled(app)
  const fresh = await startTotp(app, token)
  const { mfa_token } = await challenge(app, user)
  expectError(t, await finish(app, mfa_token, otpOf(fresh.secret)), 400, 'otp-invalid')
  t.equal((await finish(app, mfa_token, otpOf(secret))).statusCode, 200)
})

t.test('once confirmed it does: the previous app and recovery codes are invalid', async t => {
  const { token, user, secret, recovery_codes } = await enrolled(app)
  const fresh = await startTotp(app, token)
  t.equal((await verify(token, otpOf(fresh.secret, -1))).statusCode, 200)
  const { mfa_token } = await challenge(app, user)
  expectError(t, await finish(app, mfa_token, otpOf(secret)), 400, 'otp-invalid')
  expectError(t, await recover(app, mfa_token, recovery_codes[0] ?? ''), 400, 'recovery-code-invalid')
  t.equal((await finish(app, mfa_token, otpOf(fresh.secret))).statusCode, 200)
})

t.test('of two unconfirmed secrets the newer one counts', async t => {
  const { token } = await logIn(app)
  const older = await startTotp(app, token)
  const newer = await startTotp(app, token)
  expectError(t, await verify(token, otpOf(older.secret)), 400, 'otp-invalid')
  t.equal((await verify(token, otpOf(newer.secret))).statusCode, 200)
  expectError(t, await verify(token, otpOf(newer.secret, 1)), 404, 'not-found')
})

t.test('of twenty simultaneous confirmations of a secret one succeeds', async t => {
  const { token, user_id } = await logIn(app)
  const { secret } = await startTotp(app, token)
  const otp = otpOf(secret)
  const answers = await Promise.all(Array.from({ length: 20 }, () => verify(token, otp)))
  t.equal(answers.filter(answer => answer.statusCode === 200).length, 1)
  t.equal((await app.db.selectFrom('recovery_codes').selectAll().where('user_id', '=', user_id).execute()).length, 10)
})

t.test('the one-time password that enrolled is consumed', async t => {
  const { user, secret } = await enrolled(app)
  const { mfa_token } = await challenge(app, user)
  expectError(t, await finish(app, mfa_token, otpOf(secret, -1)), 400, 'otp-invalid', { reason: 'used' })
})

t.test('disabling it requires the password and a code; then the password alone is enough again', async t => {
  const { user, user_id, email, secret, refresh_token } = await enrolled(app)
  const { token } = await nextTokens(app, refresh_token)
  const password = PASSWORD
  for (const proof of [{}, { password }, { otp: otpOf(secret) }])
    expectError(t, await remove(token, proof), 403, 'reauthentication-required', { max_age: 900 })
  expectError(t, await remove(token, { password: 'Coruscant19BBY', otp: otpOf(secret) }), 403, 'password-wrong')
  expectError(t, await remove(token, { password, otp: wrongOtp(secret) }), 400, 'otp-invalid')
  expectError(t, await remove(token, { password, recovery_code: 'AAAA-AAAA-AAAA-AAAA' }), 400, 'recovery-code-invalid')
  t.equal((await me(token)).mfa_enabled, true)

  t.equal((await remove(token, { password, otp: otpOf(secret) })).statusCode, 200)
  t.equal((await me(token)).mfa_enabled, false)
  t.match((await call(app, 'POST', '/users/v1/login', { payload: user })).json(), { token: /^ey/ })
  t.same((await call(app, 'GET', '/users/v1/mfa/recovery_codes', { token })).json(), { left: 0 })
  t.equal((await subjectsTo(app, email)).at(-1), 'Signing in no longer asks for your authenticator app')
  t.ok((await eventKinds(app, user_id)).includes('totp-disabled'))
  expectError(t, await remove(token, { password }), 404, 'not-found')
})

t.test('a recovery code disables it too', async t => {
  const { token, recovery_codes } = await enrolled(app)
  const recovery_code = recovery_codes[3]?.replaceAll('-', '').toLowerCase()
  t.equal((await remove(token, { password: PASSWORD, recovery_code })).statusCode, 200)
  t.equal((await me(token)).mfa_enabled, false)
})

t.test('new recovery codes invalidate the old ones, and require the password and a one-time password', async t => {
  const { user, secret, recovery_codes, email, refresh_token } = await enrolled(app)
  const { token } = await nextTokens(app, refresh_token)
  const password = PASSWORD
  const renew = (payload: object) => call(app, 'POST', '/users/v1/mfa/recovery_codes', { token, payload })
  for (const proof of [{ password }, { otp: otpOf(secret) }])
    expectError(t, await renew(proof), 403, 'reauthentication-required', { max_age: 900 })
  expectError(t, await renew({ password, otp: wrongOtp(secret) }), 400, 'otp-invalid')
  const fresh = (await renew({ password, otp: otpOf(secret) })).json<{ recovery_codes: string[] }>().recovery_codes
  t.equal(new Set([...fresh, ...recovery_codes]).size, 20)
  t.equal((await subjectsTo(app, email)).at(-1), 'You have new recovery codes')
  const { mfa_token } = await challenge(app, user)
  expectError(t, await recover(app, mfa_token, recovery_codes[0] ?? ''), 400, 'recovery-code-invalid')
  t.equal((await recover(app, mfa_token, fresh[0] ?? '')).statusCode, 200)
})

t.test('users without a second factor have no recovery codes', async t => {
  const { token } = await logIn(app)
  const response = await call(app, 'POST', '/users/v1/mfa/recovery_codes', { token, payload: { password: PASSWORD } })
  expectError(t, response, 404, 'not-found')
})

t.test(
  'a secret survives the rotation of SECRET: the clean-up re-encrypts it, and the old SECRET can be removed',
  async t => {
    const env = await environment(t)
    const [old, fresh] = [env.SECRET, 'another-horse-battery-staple-4567']
    const before = await build(t, env)
    const { user, secret } = await enrolled(before)
    const both = await build(t, { ...env, SECRET: `${fresh},${old}` })
    t.equal(await both.mfa.totp.reencrypt(), 1)
    t.equal(await both.mfa.totp.reencrypt(), 0)
    const after = await build(t, { ...env, SECRET: fresh })
    const { mfa_token } = await challenge(after, user)
    t.equal((await finish(after, mfa_token, otpOf(secret))).statusCode, 200)
  },
)

t.test('after an immediate replacement of SECRET a recovery code still works', async t => {
  const env = await environment(t)
  const { user, secret, recovery_codes } = await enrolled(await build(t, env))
  const after = await build(t, { ...env, SECRET: 'another-horse-battery-staple-4567' })
  const { mfa_token } = await challenge(after, user)
  expectError(t, await finish(after, mfa_token, otpOf(secret)), 400, 'otp-invalid')
  t.equal((await recover(after, mfa_token, recovery_codes[0] ?? '')).statusCode, 200)
})

t.test('deleting the account deletes its secrets and codes', async t => {
  const { token, user_id } = await enrolled(app)
  const deletion = await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } })
  t.equal(deletion.statusCode, 200)
  for (const table of ['totp_secrets', 'recovery_codes', 'mfa_challenges'] as const)
    t.same(await app.db.selectFrom(table).selectAll().where('user_id', '=', user_id).execute(), [])
})

t.test('a step later, the next password is valid', async t => {
  const { user, secret } = await enrolled(app)
  for (let login = 0; login < 3; login++) {
    const { mfa_token } = await challenge(app, user)
    t.equal((await finish(app, mfa_token, otpOf(secret))).statusCode, 200)
    clock.forward(t)
  }
})
