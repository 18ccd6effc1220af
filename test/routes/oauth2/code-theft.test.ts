// Stolen and replayed authorization codes (RFC 9700 §4.2, §4.5; RFC 6749 §10.5).
import t from 'tap'
import { call, logIn, verifiedUser } from '../../support/app.ts'
import { application, browser, request, serve, serveAnother } from '../../support/oauth.ts'
import {
  authorize,
  codeFor,
  outcome,
  post,
  redemption,
  refresh,
  statusOf,
  type Tokens,
} from '../../support/oauth-requests.ts'

const { app, issuer, env } = await serve(t)
const { url: elsewhere } = await serveAnother(t, env)

const members = {
  scope: 'openid email offline_access films:read',
  grant_types: ['authorization_code', 'refresh_token'],
} as const
const given = { ...members, grant_types: [...members.grant_types] }
const news = await application(app, given)
const spa = await application(app, { ...given, token_endpoint_auth_method: 'none' })
const mail = await application(app, given)
const asked = { scope: 'openid offline_access films:read', prompt: 'consent' }

async function signedIn() {
  const person = browser(issuer)
  const user = await verifiedUser(app)
  await person.signIn(app, user)
  return { person, user }
}

for (const client of [news, spa])
  t.test(
    `threat: a code is redeemed again: the tokens of the first redemption die (${client.secret ? 'confidential' : 'public'})`,
    async t => {
      const { person } = await signedIn()
      const code = await codeFor(person, client, asked)
      const first = await post(client, 'token', redemption(code))
      const tokens = first.body as unknown as Tokens
      t.equal(await statusOf(issuer, '/films/v1/', tokens.access_token), 200)
      t.equal(outcome(await post(client, 'token', redemption(code))), '400 invalid_grant')
      t.equal(await statusOf(issuer, '/films/v1/', tokens.access_token), 401)
      t.equal(outcome(await refresh(client, tokens.refresh_token)), '400 invalid_grant')
      t.equal(outcome(await post(client, 'token', redemption(code))), '400 invalid_grant', 'and once more')
    },
  )

t.test('threat: a code is redeemed many times at once, at two instances: one redemption succeeds', async t => {
  const { person } = await signedIn()
  const code = await codeFor(person, news, asked)
  const body = new URLSearchParams({ ...redemption(code), client_id: news.id })
  const headers = { authorization: `Basic ${Buffer.from(`${news.id}:${news.secret}`).toString('base64')}` }
  const responses = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      fetch(`${i % 2 ? issuer : elsewhere}/oauth2/token`, { method: 'POST', body, headers }),
    ),
  )
  const successes = responses.filter(({ status }) => status === 200)
  t.ok(successes.length <= 1, `${successes.length} succeeded`)
  for (const response of responses)
    if (response.status !== 200) t.match(await response.json(), { error: 'invalid_grant' })
})

t.test('threat: a code is stolen', async t => {
  const { person } = await signedIn()
  const code = await codeFor(person, news, asked)
  t.equal(outcome(await post(mail, 'token', redemption(code))), '400 invalid_grant', 'by another application')
  t.equal(outcome(await post(spa, 'token', redemption(code))), '400 invalid_grant', 'by a public one')
  t.equal(outcome(await post(news, 'token', redemption(code), {})), '400 invalid_request', 'without a client')
  t.equal(outcome(await post(news, 'token', redemption(code, { client_id: news.id }), {})), '401 invalid_client')
  t.equal(outcome(await post(news, 'token', redemption(code, { code_verifier: 'x'.repeat(43) }))), '400 invalid_grant')
  t.equal(
    outcome(await post(news, 'token', redemption(code, { redirect_uri: 'https://news.example/other' }))),
    '400 invalid_grant',
  )
  t.equal(outcome(await post(news, 'token', redemption(code, { code: `${code.code}x` }))), '400 invalid_grant')
  t.equal(
    outcome(await post(news, 'token', redemption(code, { grant_type: 'refresh_token', refresh_token: code.code }))),
    '400 invalid_grant',
  )
  t.equal(outcome(await post(news, 'token', redemption(code))), '200', 'no attempt used it up')
})

t.test('threat: a code is kept for later', async t => {
  const { person } = await signedIn()
  const code = await codeFor(person, news, asked)
  const left = await app.db
    .selectFrom('oauth_records')
    .select('expires_at')
    .where('model', '=', 'AuthorizationCode')
    .orderBy('expires_at', 'desc')
    .executeTakeFirstOrThrow()
  t.ok(left.expires_at <= Date.now() + 60_500, 'a minute')
  await app.db
    .updateTable('oauth_records')
    .set({ expires_at: Date.now() - 1 })
    .where('model', '=', 'AuthorizationCode')
    .where('consumed_at', 'is', null)
    .execute()
  t.equal(outcome(await post(news, 'token', redemption(code))), '400 invalid_grant')
})

t.test('the database names no code, and no token that it could be used with', async t => {
  const { person } = await signedIn()
  const code = await codeFor(person, news, asked)
  const tokens = (await post(news, 'token', redemption(await codeFor(person, news, asked)))).body as unknown as Tokens
  const rows = JSON.stringify(await app.db.selectFrom('oauth_records').selectAll().execute())
  for (const secret of [
    code.code,
    tokens.refresh_token,
    tokens.access_token,
    news.secret ?? '',
    ...[...person.jar.values()].map(({ value }) => value),
  ])
    t.notOk(rows.includes(secret))
})

const ENDINGS: Record<string, (user: { email: string; password: string }) => Promise<unknown>> = {
  disabled: ({ email }) =>
    app.db
      .updateTable('users')
      .set({ disabled: 1 } as never)
      .where('email', '=', email)
      .execute(),
  deleted: async user => {
    const { token, user_id } = await logIn(app, user)
    const response = await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: user.password } })
    t.equal(response.statusCode, 200, response.body)
  },
  'logged out everywhere': async user => {
    const { token } = await logIn(app, user)
    const response = await call(app, 'POST', '/users/v1/logout', { token, payload: { everywhere: true } })
    t.ok(response.statusCode)
    await app.db.updateTable('sessions').set({ revoked_at: Date.now() }).where('client_id', '=', news.id).execute()
  },
}

for (const [name, end] of Object.entries(ENDINGS))
  t.test(`no tokens for a code, and none by a refresh token, if the user is ${name} meanwhile`, async t => {
    const { person, user } = await signedIn()
    const tokens = (await post(news, 'token', redemption(await codeFor(person, news, asked)))).body as unknown as Tokens
    const code = await codeFor(person, news, asked)
    await end(user)
    t.equal(outcome(await post(news, 'token', redemption(code))), '400 invalid_grant')
    t.equal(outcome(await refresh(news, tokens.refresh_token)), '400 invalid_grant')
  })

t.test('no tokens for a code of an application that is removed meanwhile', async t => {
  const { person } = await signedIn()
  const gone = await application(app, given)
  const code = await codeFor(person, gone, asked)
  await app.db.deleteFrom('oauth_clients').where('client_id', '=', gone.id).execute()
  t.equal(outcome(await post(gone, 'token', redemption(code))), '401 invalid_client')
})

t.test('a code leads to no more than its user allowed', async t => {
  const { person } = await signedIn()
  const { url, checks } = await request(news, { scope: 'openid', prompt: 'consent' })
  const code = (await authorize(person, url)).get('code') ?? ''
  const form = redemption(
    { code, verifier: checks.pkceCodeVerifier },
    { scope: 'openid email films:read', resource: issuer },
  )
  const answer = await post(news, 'token', form)
  if (answer.status === 200) {
    t.notMatch(answer.body.scope, /films|email/)
    t.not(await statusOf(issuer, '/films/v1/', String(answer.body.access_token)), 200)
  } else t.match(outcome(answer), /^400 invalid_/)
})
