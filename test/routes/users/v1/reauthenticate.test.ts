import t from 'tap'
import { build, call, codeOf, logIn, newEmail, PASSWORD, reauthenticated, verifiedUser } from '../../../support/app.ts'
import { browserLogIn, cookieIn, OWN_PAGE } from '../../../support/cookies.ts'
import { expectError } from '../../../support/error-response.ts'
import { eventKinds, subjectsTo } from '../../../support/mails.ts'
import { challenge, enrolled, finish, otpOf, steppingClock, wrongOtp } from '../../../support/mfa.ts'
import { creationOptions, holder, PASSKEYS, passkeyLogin, requestOptions } from '../../../support/passkeys.ts'
import { dead, nextTokens, outcome, readFilms, rotate, sessionOf } from '../../../support/session.ts'

const clock = steppingClock(t)
const app = await build(t)

const URL = '/users/v1/reauthenticate'
const reauthenticate = (token: string, payload: object = { password: PASSWORD }, on = app) =>
  call(on, 'POST', URL, { token, payload })
/** Something sensitive. */
const changeEmail = (token: string, on = app) =>
  call(on, 'POST', '/users/v1/email', { token, payload: { email: newEmail() } })
const REQUIRED = '403 reauthentication-required'

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
    auth_time: number
    amr: string[]
    iat: number
  }

t.test('the password gives the next tokens, with which a sensitive change needs nothing more', async t => {
  const before = await logIn(app)
  t.equal(outcome(await changeEmail(before.token)), REQUIRED, 'a login does not count')
  const response = await reauthenticate(before.token)
  t.equal(response.statusCode, 200, response.body)
  t.equal(response.headers['cache-control'], 'no-store')
  const after = response.json()
  t.match(after, { token: String, refresh_token: String, token_type: 'Bearer', user_id: before.user_id })
  t.equal(outcome(await readFilms(app, before.token)), '401 token-invalid', 'earlier tokens are dead')
  t.equal(outcome(await changeEmail(after.token)), '200')
  t.equal(outcome(await changeEmail(after.token)), '200', 'and another')
  t.ok((await eventKinds(app, before.user_id)).includes('reauthenticated'))
})

t.test('threat: a stolen refresh token carries a reauthentication on: the next rotation ends it', async t => {
  const { refresh_token } = await reauthenticated(app, await logIn(app))
  const { token } = await nextTokens(app, refresh_token)
  t.equal(outcome(await changeEmail(token)), REQUIRED)
})

t.test(
  'threat: a refresh token stolen before gets the tokens of the reauthentication, within the grace period',
  async t => {
    const { token, refresh_token } = await logIn(app)
    const fresh = (await reauthenticate(token)).json()
    t.equal(outcome(await rotate(app, refresh_token)), '401 token-invalid')
    t.equal(outcome(await rotate(app, fresh.refresh_token)), '200')
  },
)

t.test('it counts for REAUTHENTICATION_SECONDS', async t => {
  const { token } = await reauthenticated(app, await logIn(app))
  const age = async (seconds: number) => {
    const { id, auth_time } = await sessionOf(app, token)
    await app.db
      .updateTable('sessions')
      .set({ auth_time: Number(auth_time) - seconds * 1000 })
      .where('id', '=', id)
      .execute()
  }
  await age(890)
  t.equal(outcome(await changeEmail(token)), '200')
  await age(20)
  t.equal(outcome(await changeEmail(token)), REQUIRED)
})

t.test('earlier access tokens have no grace period either', async t => {
  const app = await build(t, { ACCESS_GRACE_SECONDS: '60' })
  const { token } = await logIn(app)
  const fresh = (await reauthenticate(token, { password: PASSWORD }, app)).json()
  t.equal(outcome(await readFilms(app, token)), '401 token-invalid')
  t.equal(outcome(await changeEmail(fresh.token, app)), '200')
})

t.test('another session of the same user gains nothing by it', async t => {
  const user = await verifiedUser(app)
  const other = await logIn(app, user)
  await reauthenticated(app, await logIn(app, user))
  t.equal(outcome(await changeEmail(other.token)), REQUIRED)
})

t.test(
  'with a second factor the password is not enough; a code is consumed, and a used recovery code mailed',
  async t => {
    const { secret, recovery_codes, refresh_token, email, user_id } = await enrolled(app)
    let { token } = await nextTokens(app, refresh_token)
    t.equal(outcome(await reauthenticate(token)), REQUIRED)
    t.equal(outcome(await reauthenticate(token, { password: PASSWORD, otp: wrongOtp(secret) })), '400 otp-invalid')
    t.equal(outcome(await reauthenticate(token, { otp: otpOf(secret) })), REQUIRED)
    const proof = { password: PASSWORD, otp: otpOf(secret) }
    ;({ token } = (await reauthenticate(token, proof)).json())
    t.same(claimsOf(token).amr, ['pwd', 'otp', 'mfa'])
    t.equal(outcome(await reauthenticate(token, proof)), '400 otp-invalid', 'it works once')
    ;({ token } = (await reauthenticate(token, { password: PASSWORD, recovery_code: recovery_codes[0] })).json())
    t.equal(outcome(await changeEmail(token)), '200')
    t.ok((await subjectsTo(app, email)).includes('A recovery code was used'), String(await subjectsTo(app, email)))
    t.ok((await eventKinds(app, user_id)).includes('recovery-code-used'))
  },
)

t.test('of twenty simultaneous reauthentications with one code, one succeeds', async t => {
  const { secret, refresh_token } = await enrolled(app)
  const { token } = await nextTokens(app, refresh_token)
  const proof = { password: PASSWORD, otp: otpOf(secret) }
  const answers = await Promise.all(Array.from({ length: 20 }, () => reauthenticate(token, proof)))
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1, answers.map(outcome).join())
})

t.test('a passkey is both factors, also for a user without a password', async t => {
  const { key, user_id } = await holder(app)
  await app.db.updateTable('users').set({ password_hash: '!' }).where('id', '=', user_id).execute()
  const { token } = (await passkeyLogin(app, key)).json()
  const options = (await call(app, 'POST', `${URL}/options`, { token })).json()
  const response = await reauthenticate(token, { credential: key.get(options) })
  t.equal(response.statusCode, 200, response.body)
  const fresh = response.json()
  t.match(claimsOf(fresh.token).amr.join(), /^[hs]wk,user,mfa$/)
  t.equal(outcome(await call(app, 'DELETE', `/users/v1/${user_id}`, { token: fresh.token })), '200')
})

t.test(
  'threat: what a passkey signed for a login, another session or another account, or earlier, confirms a change',
  async t => {
    const { key, user_id } = await holder(app)
    const [{ token }, { token: sibling }] = [
      (await passkeyLogin(app, key)).json(),
      (await passkeyLogin(app, key)).json(),
    ]
    const other = await holder(app)
    const optionsOf = async (token: string) => (await call(app, 'POST', `${URL}/options`, { token })).json()
    const bad = {
      'for a login': key.get(await requestOptions(app)),
      'for another session': key.get(await optionsOf(sibling)),
      'for a registration': key.get({
        ...(await optionsOf(token)),
        challenge: (await creationOptions(app, other.token)).challenge,
      }),
      "another user's": other.key.get(await optionsOf(token)),
    }
    for (const [name, credential] of Object.entries(bad))
      t.equal(outcome(await reauthenticate(token, { credential })), '400 passkey-invalid', name)
    const disguised = bad["another user's"]
    const { userHandle } = bad['for a login'].response
    const credential = { ...disguised, response: { ...disguised.response, userHandle } }
    t.equal(outcome(await reauthenticate(token, { credential })), '400 passkey-invalid', 'under my handle')
    t.ok((await eventKinds(app, user_id)).includes('reauthentication-failed'))

    const good = key.get(await optionsOf(token))
    const answers = await Promise.all(Array.from({ length: 5 }, () => reauthenticate(token, { credential: good })))
    t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1, answers.map(outcome).join())
  },
)

t.test('a browser gets the next session in its cookie, and no token that a script could read', async t => {
  const cookie = await browserLogIn(app)
  const post = (url: string, cookie: string, payload: object) =>
    call(app, 'POST', url, { payload, headers: { ...OWN_PAGE, cookie: `${app.sessionCookie.name}=${cookie}` } })
  const response = await post(URL, cookie, { password: PASSWORD })
  t.same(response.json(), { status: 'ok' })
  const change = (cookie: string) => post('/users/v1/email', cookie, { email: newEmail() })
  t.equal(outcome(await change(cookie)), '401 token-invalid')
  t.equal(outcome(await change(cookieIn(response))), '200')
})

t.test('guesses count like those of a login, and do not lock the owner out where they have logged in', async t => {
  const app = await build(t, { ACCOUNT_ATTEMPTS_MAX: '2' })
  const user = await verifiedUser(app)
  const { token, user_id } = await logIn(app, user)
  const guess = () =>
    call(app, 'POST', URL, { token, payload: { password: 'Coruscant19BBY' }, remoteAddress: '203.0.113.9' })
  const outcomes = []
  for (let i = 0; i < 6; i++) outcomes.push(outcome(await guess()))
  t.same(outcomes.slice(0, 2), ['403 password-wrong', '403 password-wrong'])
  t.equal(outcomes.at(-1), '429 too-many-attempts')
  t.equal((await call(app, 'POST', '/users/v1/login', { payload: user })).statusCode, 200)
  t.ok((await eventKinds(app, user_id)).includes('reauthentication-failed'))
})

t.test('tokens tell when and how their user authenticated, since the login and across rotations', async t => {
  const { token, refresh_token } = await logIn(app)
  const login = claimsOf(token)
  t.same(login.amr, ['pwd'])
  t.equal(login.auth_time, login.iat)
  const rotated = await nextTokens(app, refresh_token)
  t.match(claimsOf(rotated.token), { amr: ['pwd'], auth_time: login.auth_time })
  const { user, secret } = await enrolled(app)
  clock.forward(t)
  const { mfa_token } = await challenge(app, user)
  t.same(claimsOf((await finish(app, mfa_token, otpOf(secret))).json().token).amr, ['pwd', 'otp', 'mfa'])
})

t.test('sessions of before the migration claim neither, and are asked', async t => {
  const { token, refresh_token } = await logIn(app)
  const { id } = await sessionOf(app, token)
  await app.db.updateTable('sessions').set({ auth_time: null, amr: null }).where('id', '=', id).execute()
  const next = await nextTokens(app, refresh_token)
  t.notMatch(Object.keys(claimsOf(next.token)).join(), /auth_time|amr/)
  t.equal(outcome(await changeEmail(next.token)), REQUIRED)
  t.equal(outcome(await reauthenticate(next.token)), '200')
})

t.test('an ended session does not reauthenticate', async t => {
  const session = await logIn(app)
  await call(app, 'POST', '/users/v1/logout', { token: session.token })
  t.equal(outcome(await reauthenticate(session.token)), '401 token-invalid')
  t.ok(await dead(app, session))
})

t.test('what is neither is refused', async t => {
  const { token } = await logIn(app)
  expectError(t, await reauthenticate(token, {}), 403, 'reauthentication-required', { max_age: 900 })
  for (const payload of [{ password: '' }, { password: 7 }, { credential: {} }, { password: PASSWORD, more: 1 }])
    t.equal(codeOf(await reauthenticate(token, payload)), 'request-invalid')
})

t.test('after a reauthentication, changes that only asked for a proof need no body', async t => {
  const { token } = await reauthenticated(app, await logIn(app))
  t.equal(outcome(await call(app, 'POST', `${PASSKEYS}/options`, { token })), '200')
  t.equal(outcome(await call(app, 'POST', '/users/v1/mfa/totp', { token })), '200')
  const other = await logIn(app)
  t.equal(outcome(await call(app, 'POST', '/users/v1/mfa/totp', { token: other.token })), REQUIRED)
})
