// Tokens for services of somebody else (RFC 8707): each opens the one that its `aud` names, and nothing else.
import t from 'tap'
import { build as buildApp } from '../../../app.ts'
import { readConfig } from '../../../plugins/config/index.ts'
import { call, environment, logIn, PASSWORD, verifiedUser } from '../../support/app.ts'
import { application, browser, request, serve } from '../../support/oauth.ts'
import { authorize, claimsOf, outcome, post, refresh, statusOf, tokensFor } from '../../support/oauth-requests.ts'

const API = 'https://api.example'
const QUEUE = 'urn:example:queue'
const OAUTH_RESOURCES = JSON.stringify({ [API]: 'orders:read orders:write', [QUEUE]: 'queue:read' })

const { app, issuer } = await serve(t, { OAUTH_RESOURCES })
const scope = 'openid email offline_access films:read orders:read queue:read'
const news = await application(app, { scope, grant_types: ['authorization_code', 'refresh_token'] })
const scanner = await application(app, {
  redirect_uris: [],
  grant_types: ['client_credentials'],
  scope: 'films:read orders:read queue:read',
})
const films = await application(app, { redirect_uris: [], grant_types: ['client_credentials'], scope: 'films:read' })
const person = browser(issuer)
await person.signIn(app)

const byItself = (form: Record<string, string>, client = scanner) =>
  post(client, 'token', { grant_type: 'client_credentials', ...form })
const audienceOf = (token: unknown) => {
  const { aud, scope } = claimsOf(String(token))
  return [aud, scope]
}

t.test('a scope names the service that its token is for, and so does a resource indicator', async t => {
  const cases: [form: Record<string, string>, aud: string, scope: string][] = [
    [{ scope: 'orders:read' }, API, 'orders:read'],
    [{ scope: 'orders:read', resource: API }, API, 'orders:read'],
    [{ scope: 'orders:read', resource: `${API}/` }, API, 'orders:read'],
    [{ scope: 'queue:read' }, QUEUE, 'queue:read'],
    [{ scope: 'films:read' }, issuer, 'films:read'],
    [{ scope: 'films:read orders:read', resource: API }, API, 'orders:read'],
  ]
  for (const [form, ...expected] of cases)
    t.same(audienceOf((await byItself(form)).body.access_token), expected, JSON.stringify(form))
})

t.test('a login: consent, tokens of one service, and of another by refreshing', async t => {
  const tokens = await tokensFor(person, news, {
    scope: 'openid email offline_access orders:read',
    prompt: 'consent',
  })
  t.same(
    audienceOf(tokens.access_token),
    [API, 'orders:read'],
    'without the scopes of user information, which it cannot read',
  )
  t.equal(claimsOf(tokens.id_token).aud, news.id)
  const again = await refresh(news, tokens.refresh_token)
  t.same(audienceOf(again.body.access_token), [API, 'orders:read'])
  t.equal(
    outcome(await refresh(news, tokens.refresh_token, { resource: QUEUE })),
    '400 invalid_target',
    'never asked for',
  )
  t.equal(
    outcome(await refresh(news, tokens.refresh_token, { scope: 'openid' })),
    '400 invalid_target',
    'no scope of it',
  )

  const several = await authorize(
    person,
    (await request(news, { scope: 'openid orders:read queue:read', prompt: 'consent' })).url,
  )
  t.ok(several.get('code'), 'who asks for several chooses at the token endpoint')
})

t.test('people are told which service a scope is for, when they allow it and later', async t => {
  const { url } = await request(news, { scope: 'openid films:read orders:read queue:read', prompt: 'consent' })
  const asked = await person.follow(await person.get(url))
  const texts = {
    en: ['read the films', `use “orders:read” at ${API}`, `use “queue:read” at ${QUEUE}`],
    de: ['die Filme lesen', `„orders:read“ bei ${API} verwenden`, `„queue:read“ bei ${QUEUE} verwenden`],
    es: ['leer las películas', `usar «orders:read» en ${API}`, `usar «queue:read» en ${QUEUE}`],
  }
  for (const [lang, expected] of Object.entries(texts)) {
    const page = await (await person.get(`${asked.url}?lang=${lang}`)).text()
    for (const text of expected) t.match(page, text)
  }
  await person.post(asked.url, { answer: 'allow' })
  t.match(await (await person.get('/account/devices?lang=en')).text(), texts.en[1])
})

t.test('whoever uses another account is asked for the same services', async t => {
  const [other, { url }] = [
    await verifiedUser(app),
    await request(news, { scope: 'openid films:read orders:read queue:read', prompt: 'consent' }),
  ]
  const switching = browser(issuer)
  await switching.signIn(app)
  const asked = await switching.follow(await switching.get(`${url}&resource=${API}&resource=${QUEUE}`))
  const signin = await switching.follow(await switching.post(asked.url, { answer: 'other' }))
  const interaction = await switching.post(signin.url, { email: other.email, password: PASSWORD })
  const restarted = await switching.get(interaction.headers.get('location') ?? '')
  const { searchParams } = new URL(restarted.headers.get('location') ?? '', issuer)
  t.same(searchParams.getAll('resource'), [API, QUEUE])
})

t.test('threat: a token for another service opens ours', async t => {
  const own = String((await byItself({ scope: 'orders:read' })).body.access_token)
  const { access_token: users } = await tokensFor(person, news, {
    scope: 'openid email orders:read',
    prompt: 'consent',
  })
  const ours = String((await byItself({ scope: 'films:read' })).body.access_token)
  t.equal(await statusOf(issuer, '/films/v1/', ours), 200)
  for (const token of [own, users])
    for (const path of ['/films/v1/', '/users/v1/me', '/oauth2/userinfo', '/oauth2/clients'])
      t.equal(await statusOf(issuer, path, token), 401, path)
  t.equal((await call(app, 'POST', '/users/v1/generate_tokens', { token: users })).statusCode, 401)
})

t.test('threat: an application gets a token for a service that it is not registered for', async t => {
  for (const [form, expected] of [
    [{ scope: 'orders:read' }, '400 invalid_scope'],
    [{ resource: API }, '400 invalid_target'],
    [{ resource: API, scope: 'films:read' }, '400 invalid_target'],
  ] as const)
    t.equal(outcome(await byItself(form, films)), expected, JSON.stringify(form))
  for (const resource of ['https://other.example', `${API}/v1`, `${API}.evil.test`, 'holocron:access', 'x', `${API}#x`])
    t.equal(outcome(await byItself({ resource, scope: 'orders:read' })), '400 invalid_target', resource)
  t.equal(outcome(await byItself({ scope: 'orders:read queue:read' })), '400 invalid_target', 'one token for two')
})

t.test('introspection and revocation know these tokens, and a logout ends them', async t => {
  const { access_token } = await tokensFor(person, news, { scope: 'openid orders:read', prompt: 'consent' })
  const inspect = async () => (await post(films, 'introspect', { token: access_token })).body
  t.match(await inspect(), { active: true, aud: API, scope: 'orders:read', client_id: news.id })
  t.equal((await post(news, 'revoke', { token: access_token })).status, 200)
  t.same(await inspect(), { active: false })
})

t.test('the metadata names the services and their scopes', async t => {
  const { body } = await call(app, 'GET', '/.well-known/oauth-authorization-server')
  const metadata = JSON.parse(body)
  t.same(metadata.protected_resources, [issuer, API, QUEUE])
  for (const name of ['films:read', 'orders:read', 'queue:read']) t.ok(metadata.scopes_supported.includes(name), name)
})

t.test('a login of our own is no token of any of them', async t => {
  const { token } = await logIn(app)
  t.notOk([issuer, API, QUEUE].includes(String(claimsOf(token).aud)))
})

t.test('threat: a setting by which tokens of applications would pass for others', async t => {
  const env = await environment(t, { PUBLIC_URL: 'https://login.example' })
  const refused: Record<string, RegExp> = {
    '[]': /not a JSON object/,
    x: /not JSON/,
    '{"api":"a"}': /absolute URI/,
    '{"https://api.example#x":"a"}': /fragment/,
    '{"holocron:access":"a"}': /reserved/,
    '{"https://login.example":"a"}': /PUBLIC_URL/,
    '{"https://login.example/":"a"}': /PUBLIC_URL/,
    '{"https://all.example":"a"}': /ACCESS_TOKEN_AUDIENCE/,
    '{"https://api.example":"a","https://api.example/":"b"}': /twice/,
    '{"https://api.example":"a","urn:b":"a"}': /twice/,
    '{"https://api.example":"openid"}': /openid/,
    '{"https://api.example":""}': /scopes/,
    '{"https://api.example":["a"]}': /scopes/,
  }
  const read = (OAUTH_RESOURCES: string) =>
    readConfig({ ...env, OAUTH_RESOURCES, ACCESS_TOKEN_AUDIENCE: 'https://all.example' })
  for (const [value, problem] of Object.entries(refused)) t.throws(() => read(value), { message: problem }, value)

  const app = buildApp(read('{"https://api.example":"films:read"}'))
  t.teardown(() => app.close())
  await t.rejects(async () => app.ready(), { message: /OAUTH_RESOURCES.*films:read/ }, 'which our own routes ask for')
})
