// Attacks on the authorization endpoint (RFC 9700 §4.1, §4.4, §4.5, §4.8, §4.11): where codes are sent, and what a request may ask for.
import t from 'tap'
import { application, browser, CALLBACK, request, serve } from '../../support/oauth.ts'
import { authorize, challengeOf, codeFor, outcome, post, redemption } from '../../support/oauth-requests.ts'

const { app, issuer } = await serve(t)
const person = browser(issuer)
await person.signIn(app)
const news = await application(app, {
  redirect_uris: [CALLBACK, 'https://news.example/with?tenant=1'],
  scope: 'openid email films:read',
})

/** Where a request leads, or the page that it ends with. */
async function lead(url: string, of = person) {
  const response = await of.get(url)
  return { status: response.status, location: response.headers.get('location'), page: await response.text() }
}

async function errorOf(parameters: Record<string, string>, of = news) {
  const { location, page } = await lead((await request(of, parameters)).url)
  if (!location) return `page: ${/<code>([^<]*)<\/code>/.exec(page)?.[1] ?? page}`
  const { searchParams, hash } = new URL(location, issuer)
  return searchParams.get('error') ?? new URLSearchParams(hash.slice(1)).get('error') ?? location
}

const REDIRECTS: Record<string, string> = {
  'another host': 'https://evil.example/callback',
  'a subdomain': 'https://evil.news.example/callback',
  'the host as a prefix': 'https://news.example.evil.example/callback',
  'the host as user name': 'https://news.example@evil.example/callback',
  'a user name': 'https://user@news.example/callback',
  'another scheme': 'http://news.example/callback',
  'a port': 'https://news.example:8443/callback',
  'the default port': 'https://news.example:443/callback',
  'upper case in the path': 'https://news.example/Callback',
  'upper case in the host': 'https://NEWS.example/callback',
  'a trailing slash': 'https://news.example/callback/',
  'a trailing dot of the host': 'https://news.example./callback',
  'a query': 'https://news.example/callback?next=https://evil.example',
  'an empty query': 'https://news.example/callback?',
  'a fragment': 'https://news.example/callback#x',
  'an empty fragment': 'https://news.example/callback#',
  'a path below it': 'https://news.example/callback/../open?to=https://evil.example',
  'an encoded path below it': 'https://news.example/callback/%2e%2e/open',
  'an encoded letter': 'https://news.example/%63allback',
  'a backslash': 'https://news.example\\@evil.example/callback',
  'a line break': 'https://news.example/callback\r\nset-cookie: a=b',
  'a null character': 'https://news.example/callback\0',
  'a space in front': ' https://news.example/callback',
  'a script': 'javascript:alert(1)',
  'a data URL': 'data:text/html,x',
  'no URL': 'callback',
  nothing: '',
  'another query than the registered one': 'https://news.example/with?tenant=2',
  'a parameter more than registered': 'https://news.example/with?tenant=1&tenant=2',
  'a loopback address': 'http://127.0.0.1:4711/callback',
}

for (const [name, redirect_uri] of Object.entries(REDIRECTS))
  t.test(`threat: a code is sent to a redirect URI that is not registered: ${name}`, async t => {
    for (const more of [{}, { scope: 'nothing' }, { response_type: 'token' }, { prompt: 'none' }]) {
      const { status, location } = await lead((await request(news, { redirect_uri, ...more })).url)
      t.equal(location, null)
      t.equal(status, 400)
    }
  })

t.test('whoever connects an application reads which redirect URI it sent', async t => {
  const redirect_uri = 'https://news.example/call?<b>'
  const page = await person.get((await request(news, { redirect_uri })).url)
  t.match(await page.text(), /<code>https:\/\/news\.example\/call\?&lt;b(>|&gt;)<\/code>/)
})

t.test('the registered query stays in the redirect URI', async t => {
  const response = await authorize(
    person,
    (await request(news, { redirect_uri: 'https://news.example/with?tenant=1' })).url,
  )
  t.equal(response.get('tenant'), '1')
  t.ok(response.get('code'))
})

t.test('the port of a loopback redirect URI is free for native applications only (RFC 8252)', async t => {
  const redirect_uris = ['http://127.0.0.1/callback', 'http://localhost/callback', 'com.example.app:/callback']
  const native = await application(app, {
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris,
  })
  const web = await application(app, { redirect_uris: ['http://127.0.0.1/callback'] })
  const redirect_uri = 'http://127.0.0.1:4711/callback'
  const { searchParams } = new URL(
    (await person.follow(await person.get((await request(native, { redirect_uri })).url))).url,
  )
  t.equal(searchParams.get('error'), null)
  for (const [client, uri] of [
    [web, redirect_uri],
    [native, 'http://127.0.0.1:4711/other'],
    [native, 'http://127.0.0.1:4711/callback?x=y'],
    [native, 'http://127.0.0.2:4711/callback'],
    [native, 'http://127.0.0.1:4711@evil.example/callback'],
    [native, 'http://127.0.0.1.evil.example:4711/callback'],
    [native, 'https://127.0.0.1:4711/callback'],
    [native, 'com.example.app:/other'],
    [native, 'com.example.evil:/callback'],
  ] as const)
    t.match(await lead((await request(client, { redirect_uri: uri })).url), { status: 400, location: null }, uri)
})

t.test('threat: PKCE is left out, weakened or downgraded', async t => {
  const { url } = await request(news)
  const without = (...names: string[]) => {
    const changed = new URL(url)
    for (const name of names) changed.searchParams.delete(name)
    return changed
  }
  const errorAt = async (url: URL) => new URL((await lead(url.href)).location ?? issuer).searchParams.get('error')
  t.equal(await errorAt(without('code_challenge', 'code_challenge_method')), 'invalid_request')
  t.equal(await errorAt(without('code_challenge')), 'invalid_request')
  t.equal(await errorAt(without('code_challenge_method')), 'invalid_request', 'its default is plain')
  for (const code_challenge_method of ['plain', 's256', 'S512', ''])
    t.equal(await errorOf({ code_challenge_method }), 'invalid_request', code_challenge_method)
  for (const code_challenge of ['short', 'x'.repeat(129), `${'x'.repeat(42)}!`])
    t.equal(await errorOf({ code_challenge }), 'invalid_request', code_challenge)
})

t.test('a client that need not use PKCE cannot be downgraded once it does', async t => {
  const old = await application(app, { require_pkce: false })
  const { url } = await request(old)
  const bare = new URL(url)
  bare.searchParams.delete('code_challenge')
  bare.searchParams.delete('code_challenge_method')
  const code = (await authorize(person, bare.href)).get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK }
  t.equal(
    outcome(await post(old, 'token', { ...form, code_verifier: 'v'.repeat(43) })),
    '400 invalid_grant',
    'RFC 9700 §4.8.2',
  )
  t.equal(outcome(await post(old, 'token', form)), '200')
  const { code: protectedCode } = await codeFor(person, old)
  t.equal(outcome(await post(old, 'token', { ...form, code: protectedCode })), '400 invalid_grant')
  const spa = await application(app, { token_endpoint_auth_method: 'none' })
  const bareOfSpa = new URL(bare.href)
  bareOfSpa.searchParams.set('client_id', spa.id)
  t.equal(new URL((await lead(bareOfSpa.href)).location ?? issuer).searchParams.get('error'), 'invalid_request')
})

t.test('threat: tokens in the browser: only codes are issued', async t => {
  for (const response_type of ['token', 'id_token', 'code token', 'code id_token', 'none', 'Code', ''])
    t.match(
      await errorOf({ response_type, nonce: 'n' }),
      /^(unsupported_response_type|invalid_request)$/,
      response_type,
    )
  for (const response_mode of ['web_message', 'query.jwt', 'jwt', 'Query', 'x'])
    t.match(await errorOf({ response_mode }), /^(unsupported_response_mode|invalid_request)$/, response_mode)
})

t.test('threat: a request object makes the service fetch URLs, or believe unsigned claims', async t => {
  const object = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"scope":"openid"}').toString('base64url')}.`
  t.equal(await errorOf({ request: object }), 'request_not_supported')
  for (const request_uri of ['https://evil.example/object', 'http://127.0.0.1:1/', 'file:///etc/passwd'])
    t.match(await errorOf({ request_uri }), /request_uri_not_supported|invalid_request_uri|page/, request_uri)
  t.match(await errorOf({ request_uri: 'urn:ietf:params:oauth:request_uri:unknown' }), /invalid_request_uri|page/)
  t.match(await errorOf({ claims: '{"id_token":{"email":{"essential":true}}}' }), /[?&]code=|interaction/, 'ignored')
  t.match(await errorOf({ registration: '{}' }), /registration_not_supported|invalid_request|interaction|code=/)
})

t.test('threat: mixed-up servers: each response, an error too, names its issuer (RFC 9207)', async t => {
  const ok = await authorize(person, (await request(news, { state: 'the state', nonce: 'n' })).url)
  t.match(Object.fromEntries(ok), { iss: issuer, state: 'the state' })
  const { location } = await lead((await request(news, { state: 'the state', scope: 'openid nothing' })).url)
  t.match(Object.fromEntries(new URL(location ?? '').searchParams), {
    iss: issuer,
    state: 'the state',
    error: 'invalid_scope',
  })
})

t.test('the nonce is in the ID token as it was sent', async t => {
  const answer = await post(news, 'token', redemption(await codeFor(person, news, { nonce: 'n-0S6_WzA2Mj <">' })))
  const claims = JSON.parse(Buffer.from(String(answer.body.id_token).split('.')[1] ?? '', 'base64url').toString())
  t.match(claims, { nonce: 'n-0S6_WzA2Mj <">', iss: issuer, aud: news.id })
})

t.test('threat: scopes that the application is not registered for, or that do not exist', async t => {
  for (const scope of ['openid profile', 'openid films:write', 'openid nothing', 'openid admin', 'openid  email ../'])
    t.equal(await errorOf({ scope }), 'invalid_scope', scope)
})

t.test('threat: an application that is registered for resources alone learns who its user is', async t => {
  const films = await application(app, {
    scope: 'films:read',
    grant_types: ['authorization_code', 'client_credentials', 'refresh_token'],
  })
  for (const scope of ['openid', 'films:read openid', 'films:read email', 'films:read offline_access'])
    t.equal(await errorOf({ scope, prompt: 'consent' }, films), 'invalid_scope', scope)
  const pushed = await post(films, 'par', {
    client_id: films.id,
    response_type: 'code',
    redirect_uri: CALLBACK,
    code_challenge: challengeOf('x'.repeat(43)),
    code_challenge_method: 'S256',
    scope: 'openid films:read',
  })
  t.equal(outcome(pushed), '400 invalid_scope')
  const own = (scope: string) => post(films, 'token', { grant_type: 'client_credentials', scope })
  t.equal(outcome(await own('openid films:read')), '400 invalid_scope')
  t.match((await own('films:read')).body, { scope: 'films:read' })
  const code = await codeFor(person, films, { scope: 'films:read' })
  const { body } = await post(films, 'token', redemption(code))
  t.match(body, { scope: 'films:read' })
  t.notOk(body.id_token)
})

t.test('threat: a resource that is not ours', async t => {
  for (const resource of ['https://evil.example', 'urn:x', `${issuer}/films`, `${issuer}#x`, 'x'])
    t.equal(await errorOf({ resource, scope: 'openid films:read' }), 'invalid_target', resource)
})

t.test('threat: a parameter that is sent twice is read differently by others', async t => {
  for (const name of [
    'client_id',
    'redirect_uri',
    'state',
    'scope',
    'response_type',
    'code_challenge',
    'nonce',
    'prompt',
  ]) {
    const url = new URL((await request(news, { nonce: 'n', prompt: 'none' })).url)
    url.searchParams.append(name, url.searchParams.get(name) ?? '')
    const { status, location } = await lead(url.href)
    t.match(location ? new URL(location).searchParams.get('error') : String(status), /^(invalid_request|400)$/, name)
  }
})

t.test('a request without a client, or of one that does not exist, is answered by a page', async t => {
  for (const client_id of ['', 'nobody', '00000000-0000-4000-8000-000000000000', '../x', 'ż', '\0', 'x'.repeat(5000)])
    t.match(
      await lead((await request(news, { client_id })).url),
      { status: 400, location: null },
      client_id.slice(0, 40),
    )
})

t.test('offline access is granted only with consent', async t => {
  const offline = await application(app, {
    scope: 'openid offline_access',
    grant_types: ['authorization_code', 'refresh_token'],
  })
  const silent = await post(
    offline,
    'token',
    redemption(await codeFor(person, offline, { scope: 'openid offline_access' })),
  )
  t.notOk(silent.body.refresh_token)
  const asked = { scope: 'openid offline_access', prompt: 'consent' }
  t.ok((await post(offline, 'token', redemption(await codeFor(person, offline, asked)))).body.refresh_token)
})

t.test('a code challenge is compared with the verifier it was made from', async t => {
  const { code, verifier } = await codeFor(person, news)
  for (const code_verifier of [
    '',
    `${verifier.slice(1)}x`,
    challengeOf(verifier),
    verifier.toUpperCase(),
    'x'.repeat(500),
  ])
    t.match(
      outcome(await post(news, 'token', redemption({ code, verifier: code_verifier }))),
      /^400 invalid_(grant|request)$/,
    )
})

t.test('an application may ask by a form, which leads to the same as a link', async t => {
  const { url } = await request(news)
  const { origin, pathname, searchParams } = new URL(url)
  const send = (body: URLSearchParams) =>
    fetch(`${origin}${pathname}`, {
      method: 'POST',
      body,
      redirect: 'manual',
      headers: { origin: 'https://news.example' },
    })
  const response = await send(searchParams)
  t.equal(response.status, 303)
  t.same(new URL(response.headers.get('location') ?? '', issuer).searchParams, searchParams)
  searchParams.append('client_id', 'another')
  const twice = new URL((await send(searchParams)).headers.get('location') ?? '', issuer)
  t.equal(twice.searchParams.getAll('client_id').length, 2, 'what is there twice is refused later')
  searchParams.append('state', 'x'.repeat(10_000))
  t.equal((await send(searchParams)).status, 413)
})
