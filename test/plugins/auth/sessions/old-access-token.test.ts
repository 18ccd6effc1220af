import t from 'tap'
import { build, call, logIn, verifiedUser } from '../../../support/app.ts'
import { nextTokens, outcome, readFilms, rotate, sessionOf } from '../../../support/session.ts'

const app = await build(t)

/** The same claims, under the service's own key, but with times long past. */
function expired(token: string): string {
  const claims = app.tokens.access.verify(token)
  const { iss: _iss, aud: _aud, ...rest } = claims
  return app.tokens.access.sign({ ...rest, iat: rest.iat - 100_000, exp: rest.exp - 100_000 })
}

function forged(token: string): string {
  const [head, , signature] = token.split('.')
  const claims = { ...app.tokens.access.verify(token), access_role: 'admin' }
  return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
}

t.test('the old access token may be sent, and is invalid afterwards', async t => {
  const { token, refresh_token } = await logIn(app)
  t.equal(outcome(await rotate(app, refresh_token, token)), '200')
  t.equal(outcome(await readFilms(app, token)), '401 token-invalid')
})

t.test('the old access token is invalid afterwards even if it is not sent', async t => {
  const { token, refresh_token } = await logIn(app)
  await nextTokens(app, refresh_token)
  t.equal(outcome(await readFilms(app, token)), '401 token-invalid')
})

t.test('in the older form it is a query parameter', async t => {
  const { token, refresh_token } = await logIn(app)
  const url = `/users/v1/generate_tokens?old_access_token=${token}`
  t.equal(outcome(await call(app, 'GET', url, { token: refresh_token })), '200')
  t.equal(outcome(await readFilms(app, token)), '401 token-invalid')
})

t.test('it may have expired', async t => {
  const { token, refresh_token } = await logIn(app)
  t.equal(outcome(await readFilms(app, expired(token))), '401 token-expired')
  t.equal(outcome(await rotate(app, refresh_token, expired(token))), '200')
})

t.test('a forged or foreign old access token changes nothing', async t => {
  const user = await verifiedUser(app)
  const own = await logIn(app, user)
  const cases: [name: string, oldAccessToken: string, expected: string][] = [
    ['forged', forged(own.token), '401 token-invalid'],
    ['no token at all', 'x', '401 token-invalid'],
    ['a refresh token', own.refresh_token, '401 token-invalid'],
    ["another user's", (await logIn(app)).token, '403 token-invalid'],
    ["another session's of the same user", (await logIn(app, user)).token, '403 token-invalid'],
    ["another user's, expired", expired((await logIn(app)).token), '403 token-invalid'],
  ]
  for (const [name, oldAccessToken, expected] of cases)
    t.equal(outcome(await rotate(app, own.refresh_token, oldAccessToken)), expected, name)
  t.match(await sessionOf(app, own.token), { generation: 1, revoked_at: null })
  t.equal(outcome(await readFilms(app, own.token)), '200')
  t.equal(outcome(await rotate(app, own.refresh_token, own.token)), '200')
})

t.test("a foreign old access token stays what it was: nobody ends somebody else's session with it", async t => {
  const victim = await logIn(app)
  const attacker = await logIn(app)
  t.equal(outcome(await rotate(app, attacker.refresh_token, victim.token)), '403 token-invalid')
  t.equal(outcome(await readFilms(app, victim.token)), '200')
})
