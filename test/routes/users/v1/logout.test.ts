import t from 'tap'
import { build, call, logIn, verifiedUser } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'

const URL = '/users/v1/logout'
const app = await build(t)

const logOut = (token?: string) => call(app, 'POST', URL, token === undefined ? {} : { token })
const films = (token: string) => call(app, 'GET', '/films/v1/', { token })
const rotate = (token: string) => call(app, 'POST', '/users/v1/generate_tokens', { token })

t.test('a logout revokes access and refresh token immediately', async t => {
  const { token, refresh_token, user_id } = await logIn(app)
  const response = await logOut(token)
  t.equal(response.statusCode, 200)
  t.same(response.json(), { status: 'ok' })
  t.equal(response.headers['cache-control'], 'no-store')
  expectError(t, await films(token), 401, 'token-invalid')
  expectError(t, await rotate(refresh_token), 401, 'token-invalid')
  const session = await app.db.selectFrom('sessions').selectAll().where('user_id', '=', user_id).executeTakeFirst()
  t.ok(session?.revoked_at)
})

t.test('repeating it is refused, and harmless', async t => {
  const { token, user_id } = await logIn(app)
  const row = () => app.db.selectFrom('sessions').selectAll().where('user_id', '=', user_id).execute()
  await logOut(token)
  const before = await row()
  expectError(t, await logOut(token), 401, 'token-invalid')
  t.same(await row(), before)
})

t.test('twenty at once all leave one ended session', async t => {
  const { token, user_id } = await logIn(app)
  const answers = await Promise.all(Array.from({ length: 20 }, () => logOut(token)))
  for (const { statusCode } of answers) t.ok([200, 401].includes(statusCode))
  const sessions = await app.db.selectFrom('sessions').selectAll().where('user_id', '=', user_id).execute()
  t.equal(sessions.length, 1)
  t.ok(sessions[0]?.revoked_at)
})

t.test('it ends the caller’s own session only', async t => {
  const user = await verifiedUser(app)
  const [phone, laptop] = [await logIn(app, user), await logIn(app, user)]
  const stranger = await logIn(app)
  await logOut(phone.token)
  for (const { token, refresh_token } of [laptop, stranger]) {
    t.equal((await films(token)).statusCode, 200)
    t.equal((await rotate(refresh_token)).statusCode, 200)
  }
})

t.test('an access token from before a rotation ends nothing', async t => {
  const { token, refresh_token } = await logIn(app)
  const next = (await rotate(refresh_token)).json()
  expectError(t, await logOut(token), 401, 'token-invalid')
  t.equal((await films(next.token)).statusCode, 200)
})

t.test('an invalid access token is rejected as such', async t => {
  const { token, refresh_token } = await logIn(app)
  const { aud, iss, ...claims } = app.tokens.access.verify(token)
  const expired = app.tokens.access.sign({ ...claims, exp: Math.floor(Date.now() / 1000) - 1 })

  const none = await logOut()
  expectError(t, none, 401, 'authorisation-required')
  t.equal(none.headers['www-authenticate'], 'Bearer')
  for (const wrong of ['', 'x', 'x.y.z', refresh_token, `${token}x`]) {
    const response = await logOut(wrong)
    expectError(t, response, 401, 'token-invalid')
    t.match(response.headers['www-authenticate'], 'Bearer error="invalid_token"')
  }
  expectError(t, await logOut(expired), 401, 'token-expired')
  t.equal((await films(token)).statusCode, 200, 'and nothing has ended')
})

t.test('a body is not required, and its content changes nothing', async t => {
  const victim = await logIn(app)
  const { token } = await logIn(app)
  const { sid } = app.tokens.access.verify(victim.token)
  const payload = { sid, session_id: sid, user_id: victim.user_id }
  await call(app, 'POST', URL, { token, payload })
  t.equal((await films(victim.token)).statusCode, 200)
})
