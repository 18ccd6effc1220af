// Passkeys are named and removed by their owner, and by nobody else.
import t from 'tap'
import { build, call, logIn, PASSWORD } from '../../../../../support/app.ts'
import { authenticator } from '../../../../../support/authenticator.ts'
import { expectError } from '../../../../../support/error-response.ts'
import { eventKinds, subjectsTo } from '../../../../../support/mails.ts'
import { holder, ORIGIN, PASSKEYS, passkeyLogin, register } from '../../../../../support/passkeys.ts'
import { dead, outcome, readFilms } from '../../../../../support/session.ts'

const app = await build(t)

const payload = { password: PASSWORD }
const list = async (token: string) => (await call(app, 'GET', PASSKEYS, { token })).json().results as { id: string }[]
const rename = (token: string, id: string, name: unknown) =>
  call(app, 'PATCH', `${PASSKEYS}/${id}`, { token, payload: { name } as object })
const remove = (token: string, id: string, body: object = payload) =>
  call(app, 'DELETE', `${PASSKEYS}/${id}`, { token, payload: body })

t.test('a passkey gets a name, another one, and none again', async t => {
  const { token, passkey_id } = await holder(app)
  for (const name of ['Key ring', 'Ключи 🔑', null]) {
    const response = await rename(token, passkey_id, name)
    t.match(response.json(), { id: passkey_id, name })
    t.same(await list(token), [response.json()])
  }
  for (const name of ['', 'x'.repeat(65), 'a\nb', 7, undefined])
    t.equal(outcome(await rename(token, passkey_id, name)), '400 request-invalid')
})

t.test('threat: somebody else’s passkey is read, named or removed', async t => {
  const [mine, other] = [await holder(app), await holder(app)]
  expectError(t, await rename(mine.token, other.passkey_id, 'mine'), 404, 'not-found')
  expectError(t, await remove(mine.token, other.passkey_id), 404, 'not-found')
  for (const id of ['x', mine.key.id, `${other.passkey_id}'`, '%F0%9F%98%80', '0'.repeat(36)]) {
    expectError(t, await rename(mine.token, id, 'x'), 404, 'not-found')
    expectError(t, await remove(mine.token, id), 404, 'not-found')
  }
  t.match(await list(mine.token), [{ id: mine.passkey_id, name: null }])
  t.match(await list(other.token), [{ id: other.passkey_id, name: null }])
})

t.test(
  'a removed passkey is invalid immediately: other sessions end, a notice is mailed, an audit event recorded',
  async t => {
    const { key, token, email, user_id, passkey_id } = await holder(app)
    const me = () => call(app, 'GET', '/users/v1/me', { token })
    t.match((await me()).json(), { mfa_enabled: true })
    const other = (await passkeyLogin(app, key)).json()
    t.equal(outcome(await remove(token, passkey_id)), '200')
    t.same(await list(token), [])
    t.ok(await dead(app, other))
    t.equal(outcome(await readFilms(app, token)), '200', 'this session goes on')
    t.match((await me()).json(), { mfa_enabled: false })
    t.equal((await subjectsTo(app, email)).at(-1), 'A passkey was removed from your account')
    t.same((await eventKinds(app, user_id)).slice(-2).sort(), ['passkey-removed', 'session-ended'])
    expectError(t, await remove(token, passkey_id), 404, 'not-found')
    t.equal((await register(app, token, key)).statusCode, 200, 'and may be registered again')
  },
)

t.test('threat: a stolen access token removes a passkey: the password and the second factor are asked for', async t => {
  const { key, token, passkey_id } = await holder(app)
  expectError(t, await remove(token, passkey_id, { password: 'Coruscant19BBY' }), 403, 'password-wrong')
  const { token: stolen } = (await passkeyLogin(app, key)).json()
  for (const body of [{}, payload])
    expectError(t, await remove(stolen, passkey_id, body), 403, 'reauthentication-required', { max_age: 900 })
  t.equal((await passkeyLogin(app, key)).statusCode, 200)
})

t.test('removed twice at once, it is removed once', async t => {
  const { token, passkey_id, user_id } = await holder(app)
  const answers = await Promise.all([remove(token, passkey_id), remove(token, passkey_id), remove(token, passkey_id)])
  t.same(answers.map(outcome).sort(), ['200', '404 not-found', '404 not-found'])
  t.equal((await eventKinds(app, user_id)).filter(kind => kind === 'passkey-removed').length, 1)
})

t.test('of two passkeys each works without the other', async t => {
  const { key, token, passkey_id } = await holder(app)
  const second = authenticator(ORIGIN)
  t.equal((await register(app, token, second)).statusCode, 200)
  await remove(token, passkey_id)
  t.equal((await passkeyLogin(app, key)).statusCode, 401)
  t.equal((await passkeyLogin(app, second)).statusCode, 200)
  t.match((await call(app, 'GET', '/users/v1/me', { token })).json(), { mfa_enabled: true })
})

t.test('with the last second factor the recovery codes go, and the password opens the account again', async t => {
  const { key, token, email, user_id, passkey_id } = await holder(app)
  const second = (await register(app, token, authenticator(ORIGIN))).json().passkey
  const codes = () => app.db.selectFrom('recovery_codes').selectAll().where('user_id', '=', user_id).execute()
  const login = async () =>
    (await call(app, 'POST', '/users/v1/login', { payload: { email, password: PASSWORD } })).json()
  await remove(token, passkey_id)
  t.equal((await codes()).length, 10)
  const half = await login()
  t.match(half, { mfa_required: true, methods: ['passkey', 'recovery_code'] })
  await remove(token, second.id)
  t.same(await codes(), [])
  t.match(await login(), { token: String, user_id })
  const again = (await register(app, token, key)).json()
  t.equal(again.recovery_codes.length, 10, 'the next first one brings new ones')
})

t.test('without a token nothing is returned', async t => {
  const { refresh_token } = await logIn(app)
  expectError(t, await call(app, 'GET', PASSKEYS), 401, 'authorisation-required')
  expectError(t, await call(app, 'GET', PASSKEYS, { token: refresh_token }), 401, 'token-invalid')
})
