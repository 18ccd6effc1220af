import t from 'tap'
import { build, logIn } from '../../../support/app.ts'
import { nextTokens, outcome, rotate, sessionId, sessionOf } from '../../../support/session.ts'

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { iat: number; exp: number }

t.test('the absolute expiry of a session holds however often its tokens rotate', async t => {
  const app = await build(t, { SESSION_TTL_SECONDS: '3600' })
  let tokens = await logIn(app)
  const { expires_at } = await sessionOf(app, tokens.token)
  for (let i = 0; i < 5; i++) tokens = await nextTokens(app, tokens.refresh_token)
  t.equal((await sessionOf(app, tokens.token)).expires_at, expires_at)
  t.equal(claimsOf(tokens.refresh_token).exp, Math.floor(expires_at / 1000), 'no refresh token outlives it')

  await app.db
    .updateTable('sessions')
    .set(eb => ({ expires_at: eb('expires_at', '-', 3_600_001) }))
    .where('id', '=', sessionId(tokens.token))
    .execute()
  t.equal(outcome(await rotate(app, tokens.refresh_token)), '401 token-expired')
})

t.test('no token outlives its session', async t => {
  const app = await build(t, { SESSION_TTL_SECONDS: '60' })
  const { token, refresh_token, expires_in } = await logIn(app)
  const end = Math.floor((await sessionOf(app, token)).expires_at / 1000)
  t.equal(claimsOf(token).exp, end)
  t.equal(claimsOf(refresh_token).exp, end)
  t.ok(expires_in <= 60, 'and `expires_in` says so')
})

t.test('token lifetimes follow the configuration', async t => {
  const app = await build(t, { ACCESS_TOKEN_TTL_SECONDS: '77', REFRESH_TOKEN_TTL_SECONDS: '777' })
  const first = await logIn(app)
  for (const { token, refresh_token, expires_in } of [first, await nextTokens(app, first.refresh_token)]) {
    t.equal(expires_in, 77)
    t.equal(claimsOf(token).exp - claimsOf(token).iat, 77)
    t.equal(claimsOf(refresh_token).exp - claimsOf(refresh_token).iat, 777)
  }
})

t.test('an expired refresh token is refused, and its session goes on', async t => {
  const app = await build(t)
  const { token, refresh_token } = await logIn(app)
  const { iss: _iss, aud: _aud, ...claims } = app.tokens.refresh.verify(refresh_token)
  const now = Math.floor(Date.now() / 1000)
  const old = app.tokens.refresh.sign({ ...claims, iat: now - 100, exp: now })
  t.equal(outcome(await rotate(app, old)), '401 token-expired')
  t.match(await sessionOf(app, token), { generation: 1, revoked_at: null })
})
