// Stolen refresh tokens (RFC 9700 §4.14).
import t from 'tap'
import { application, browser, serve } from '../../support/oauth.ts'
import { claimsOf, outcome, post, refresh, statusOf, type Tokens, tokensFor } from '../../support/oauth-requests.ts'

const { app, issuer } = await serve(t, { REFRESH_GRACE_SECONDS: '10' })
const given = {
  scope: 'openid email offline_access films:read',
  grant_types: ['authorization_code', 'refresh_token'] as ('authorization_code' | 'refresh_token')[],
}
const news = await application(app, given)
const spa = await application(app, { ...given, token_endpoint_auth_method: 'none' })
const mail = await application(app, { ...given, token_endpoint_auth_method: 'none' })
const asked = { scope: 'openid offline_access films:read', prompt: 'consent' }

async function loggedIn(client = spa) {
  const person = browser(issuer)
  await person.signIn(app)
  const tokens = await tokensFor(person, client, asked)
  return { person, tokens, sid: String(claimsOf(tokens.access_token).sid) }
}

const eventsOf = (sid: string) =>
  app.db.selectFrom('audit_events').select('kind').where('session_id', '=', sid).execute()

async function passGrace() {
  await app.db
    .updateTable('oauth_records')
    .set(({ eb }) => ({ consumed_at: eb('consumed_at', '-', 11_000) }))
    .where('model', '=', 'RefreshToken')
    .where('consumed_at', 'is not', null)
    .execute()
}

t.test(
  'a refresh token of a public client is good for one successor, whoever sends it again within the grace',
  async t => {
    const { tokens } = await loggedIn()
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(spa, tokens.refresh_token)))
    const successors = new Set(answers.map(({ body }) => body.refresh_token))
    t.same(answers.map(outcome), Array(5).fill('200'))
    t.equal(successors.size, 1)
    t.notOk(successors.has(tokens.refresh_token))
    t.equal((await refresh(spa, tokens.refresh_token)).body.refresh_token, [...successors][0])
  },
)

t.test(
  'threat: a stolen refresh token is used after its owner used it: the session ends, and its history says why',
  async t => {
    const { tokens, sid } = await loggedIn()
    const next = (await refresh(spa, tokens.refresh_token)).body as unknown as Tokens
    await passGrace()
    t.equal(outcome(await refresh(spa, tokens.refresh_token)), '400 invalid_grant')
    t.equal(outcome(await refresh(spa, next.refresh_token)), '400 invalid_grant')
    t.equal(await statusOf(issuer, '/films/v1/', next.access_token), 401)
    t.equal(await statusOf(issuer, '/oauth2/userinfo', next.access_token), 401)
    t.same((await eventsOf(sid)).map(({ kind }) => kind).sort(), ['application-connected', 'refresh-token-reused'])
  },
)

t.test('threat: a thief rotates on, and the owner comes back with the token before', async t => {
  const { tokens } = await loggedIn()
  const second = (await refresh(spa, tokens.refresh_token)).body as unknown as Tokens
  const third = (await refresh(spa, second.refresh_token)).body as unknown as Tokens
  await passGrace()
  t.equal(outcome(await refresh(spa, second.refresh_token)), '400 invalid_grant')
  t.equal(outcome(await refresh(spa, third.refresh_token)), '400 invalid_grant')
})

/** As if used refresh tokens had been used so long ago that the clean-up forgets what they were good for. */
async function forget() {
  await app.db
    .updateTable('oauth_records')
    .set(({ eb }) => ({ consumed_at: eb('consumed_at', '-', 600_000) }))
    .where('model', '=', 'RefreshToken')
    .where('consumed_at', 'is not', null)
    .execute()
  await app.cleanUp.run()
}

const kept = (sid: string) =>
  app.db
    .selectFrom('oauth_records')
    .select(['payload', 'consumed_at', 'expires_at'])
    .where('grant_id', '=', sid)
    .where('consumed_at', 'is not', null)
    .where('model', '=', 'RefreshToken')
    .execute()

t.test('of a used refresh token nothing is kept but that it was used, no longer than its session', async t => {
  const { tokens, sid } = await loggedIn()
  let newest = tokens
  for (let i = 0; i < 3; i++) newest = (await refresh(spa, newest.refresh_token)).body as unknown as Tokens
  await forget()
  const { expires_at } = await app.db
    .selectFrom('sessions')
    .select('expires_at')
    .where('id', '=', sid)
    .executeTakeFirstOrThrow()
  t.same(await kept(sid), Array(3).fill({ payload: '', consumed_at: 0, expires_at }))
  t.equal(outcome(await refresh(spa, newest.refresh_token)), '200')
  await app.db.updateTable('oauth_records').set({ expires_at: 0 }).where('grant_id', '=', sid).execute()
  await app.cleanUp.run()
  t.same(await kept(sid), [])
})

for (const [how, scope] of [
  ['', undefined],
  [', for some of what it was good for', 'films:read'],
] as const)
  t.test(`threat: a refresh token that was forgotten is stolen and used${how}: the session ends`, async t => {
    const { tokens, sid } = await loggedIn()
    const next = (await refresh(spa, tokens.refresh_token)).body as unknown as Tokens
    await forget()
    t.equal(outcome(await refresh(mail, tokens.refresh_token)), '400 invalid_grant', 'of another application')
    t.equal(await statusOf(issuer, '/films/v1/', next.access_token), 200, 'which ends nothing')
    t.equal(outcome(await refresh(spa, tokens.refresh_token, scope ? { scope } : {})), '400 invalid_grant')
    t.equal(outcome(await refresh(spa, next.refresh_token)), '400 invalid_grant')
    t.equal(await statusOf(issuer, '/films/v1/', next.access_token), 401)
    t.same((await eventsOf(sid)).map(({ kind }) => kind).sort(), ['application-connected', 'refresh-token-reused'])
    await app.logouts.idle()
    t.same(await kept(sid), [], 'and nothing is kept')
  })

t.test('threat: a refresh token of another application', async t => {
  const { tokens } = await loggedIn()
  for (const client of [mail, news]) t.equal(outcome(await refresh(client, tokens.refresh_token)), '400 invalid_grant')
  t.equal(outcome(await refresh(spa, tokens.refresh_token)), '200', 'it is unharmed')
})

t.test('threat: a refresh token is used to get more than was allowed', async t => {
  const { tokens } = await loggedIn()
  for (const scope of ['openid email', 'films:read films:write', 'admin'])
    t.equal(outcome(await refresh(spa, tokens.refresh_token, { scope })), '400 invalid_scope')
  const less = await refresh(spa, tokens.refresh_token, { scope: 'openid' })
  t.equal(outcome(less), '200')
  t.equal(claimsOf(String(less.body.id_token)).aud, spa.id)
  t.not(await statusOf(issuer, '/films/v1/', String(less.body.access_token)), 200, 'and less is less')
})

t.test('threat: a refresh token outlives its session', async t => {
  for (const client of [spa, news]) {
    const { tokens, sid } = await loggedIn(client)
    const { user_id } = claimsOf(tokens.access_token) as { user_id: number }
    await app.sessions.end(user_id, sid, { ip: null, userAgent: null, limitKey: '' })
    t.equal(outcome(await refresh(client, tokens.refresh_token)), '400 invalid_grant')
    t.equal(await statusOf(issuer, '/films/v1/', tokens.access_token), 401)
  }
})

t.test('threat: a refresh token of an application is one of ours', async t => {
  const { tokens } = await loggedIn()
  const headers = { authorization: `Bearer ${tokens.refresh_token}` }
  t.equal((await fetch(`${issuer}/users/v1/generate_tokens`, { method: 'POST', headers })).status, 401)
  t.equal(
    (
      await fetch(`${issuer}/users/v1/generate_tokens`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens.access_token}` },
      })
    ).status,
    401,
  )
})

t.test('a confidential client keeps its refresh token, which nobody else can use', async t => {
  const { tokens } = await loggedIn(news)
  const answers = await Promise.all([1, 2, 3].map(() => refresh(news, tokens.refresh_token)))
  t.same(answers.map(outcome), ['200', '200', '200'])
  t.same(
    new Set(answers.map(({ body }) => body.refresh_token ?? tokens.refresh_token)),
    new Set([tokens.refresh_token]),
  )
  t.equal(
    outcome(
      await post(
        news,
        'token',
        { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, client_id: news.id },
        {},
      ),
    ),
    '401 invalid_client',
  )
})

t.test('a revoked refresh token takes its access tokens along', async t => {
  const { tokens, sid } = await loggedIn()
  t.equal(outcome(await post(mail, 'revoke', { token: tokens.refresh_token })), '200', 'of another: it is told nothing')
  t.equal(await statusOf(issuer, '/films/v1/', tokens.access_token), 200)
  t.equal(outcome(await post(spa, 'revoke', { token: tokens.refresh_token })), '200')
  t.equal(outcome(await refresh(spa, tokens.refresh_token)), '400 invalid_grant')
  t.equal(await statusOf(issuer, '/films/v1/', tokens.access_token), 401)
  t.same((await eventsOf(sid)).map(({ kind }) => kind).sort(), ['application-connected', 'session-ended'])
})
