// What surrounds the protocol: spoofed headers, foreign origins, markup, logs, floods, and a database that is away.
import { once } from 'node:events'
import http, { type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { build, call, logIn, NO_CLIENT, PASSWORD, verifiedUser } from '../../support/app.ts'
import { type Application, application, browser, CALLBACK, request, serve } from '../../support/oauth.ts'
import {
  answerOf,
  basic,
  challengeOf,
  claimsOf,
  codeFor,
  outcome,
  post,
  redemption,
  type Tokens,
} from '../../support/oauth-requests.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const lines: string[] = []
const { app, issuer } = await serve(t, { LOG_LEVEL: 'trace' }, { write: line => void lines.push(line) })
const grant_types = ['authorization_code', 'refresh_token'] as ('authorization_code' | 'refresh_token')[]
const news = await application(app, { scope: 'openid email offline_access films:read', grant_types })
const spa = await application(app, {
  scope: 'openid',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['https://spa.example/callback'],
})
const REQUEST = {
  client_id: news.id,
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'openid',
  state: 's',
  code_challenge: challengeOf('v'.repeat(43)),
  code_challenge_method: 'S256',
}

t.test('threat: the Host header, or a proxy’s, decides which URLs are made', async t => {
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-proto': 'gopher',
    'x-forwarded-for': '6.6.6.6',
    'x-forwarded-prefix': '/evil',
    forwarded: 'host=evil.example;proto=http',
    'x-original-url': '/evil',
    'x-forwarded-port': '666',
  }
  const query = new URLSearchParams(REQUEST)
  const responses = [
    await call(app, 'GET', `/oauth2/authorize?${query}`, { headers }),
    await call(app, 'GET', '/.well-known/openid-configuration', { headers }),
    await call(app, 'GET', '/oauth2/device', { headers }),
    await call(app, 'POST', '/oauth2/token', {
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'x=y',
    }),
  ]
  for (const response of responses) t.notMatch(JSON.stringify([response.headers, response.body]), /evil|gopher|:666/)
  const at = await call(app, 'GET', `http://evil.example/oauth2/authorize?${query}`, { headers })
  t.notMatch(JSON.stringify(at.headers), /evil/)
})

t.test('below a path and over https, URLs and cookies are those of PUBLIC_URL', async t => {
  const app = await build(t, { PUBLIC_URL: 'https://x.example/auth/' })
  const { client } = await app.oauthClients.create(
    { client_name: 'Below', redirect_uris: [CALLBACK] },
    { client: NO_CLIENT },
  )
  const query = new URLSearchParams({ ...REQUEST, client_id: client.client_id })
  const first = await call(app, 'GET', `/oauth2/authorize?${query}`, { headers: { accept: 'text/html' } })
  t.match(first.headers.location, /^(https:\/\/x\.example)?\/auth\/oauth2\/interaction\//)
  const cookies = [first.headers['set-cookie'] ?? []].flat()
  t.ok(cookies.length >= 4)
  for (const cookie of cookies) {
    t.match(cookie, /; path=\/auth\/oauth2/i)
    t.match(cookie, /; secure/i)
  }
  const cookie = cookies.map(line => line.split(';')[0]).join('; ')
  const path = new URL(first.headers.location ?? '', 'https://x.example').pathname.replace('/auth/', '/')
  const question = await call(app, 'GET', path, { headers: { accept: 'text/html', cookie } })
  t.equal(question.statusCode, 303, question.body)
  t.match(question.headers.location, /^\/auth\/signin\?redirect_to=/)
})

t.test('threat: a foreign page reads responses: origins are those of the application’s redirect URIs', async t => {
  const ask = async (origin: string, client: typeof spa, endpoint = 'token') => {
    const headers = { origin, ...(client.secret && basic(client)) }
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      code: 'x',
      redirect_uri: 'https://spa.example/callback',
      token: 'x',
      ...(!client.secret && { client_id: client.id }),
    })
    return answerOf(await fetch(`${issuer}/oauth2/${endpoint}`, { method: 'POST', headers, body }))
  }
  for (const endpoint of ['token', 'revoke', 'par']) {
    const own = await ask('https://spa.example', spa, endpoint)
    t.equal(own.headers.get('access-control-allow-origin'), 'https://spa.example', endpoint)
    t.equal(own.headers.get('access-control-allow-credentials'), null)
    for (const origin of [
      'https://evil.example',
      'null',
      'https://spa.example.evil.example',
      'http://spa.example',
      'https://spa.example:8443',
    ])
      t.match(await ask(origin, spa, endpoint), { status: 400 }, `${endpoint} ${origin}`)
  }
  t.equal((await ask('https://evil.example', spa)).headers.get('access-control-allow-origin'), null)
  const preflight = await fetch(`${issuer}/oauth2/token`, {
    method: 'OPTIONS',
    headers: { origin: 'https://spa.example', 'access-control-request-method': 'POST' },
  })
  t.equal(preflight.status, 204)
})

t.test('threat: markup in a name, or in what a request says, runs on a page', async t => {
  const script = '<script>alert(1)</script><img src=x onerror=alert(1)>"\'><!--'
  const evil = await application(app, { client_name: script })
  const person = browser(issuer)
  await person.signIn(app)
  const { page } = await person.follow(
    await person.get((await request(evil, { login_hint: script, state: script, nonce: script })).url),
  )
  t.match(page, '&lt;script&gt;')
  t.notMatch(page, /<script>alert|<img src=x/)
  for (const query of [
    `client_id=${encodeURIComponent(script)}`,
    `error=${script}&error_description=${script}`,
    `client_id=${evil.id}&redirect_uri=${encodeURIComponent(script)}&scope=${encodeURIComponent(script)}`,
  ]) {
    const response = await person.get(`/oauth2/authorize?${query}`)
    t.equal(response.status, 400)
    t.match(response.headers.get('content-type'), /^text\/html/)
    t.notMatch(await response.text(), /<script>alert|<img src=x/)
  }
  for (const response_mode of ['form_post']) {
    const response = await person.get(
      (await request(evil, { response_mode, prompt: 'none', state: `"><script>alert(1)</script>` })).url,
    )
    t.notMatch(await response.text(), '<script>alert')
  }
})

t.test('threat: a line break in a parameter becomes a header', async t => {
  const person = browser(issuer)
  await person.signIn(app)
  const response = await person.get((await request(news, { state: 'x\r\nset-cookie: evil=1', prompt: 'none' })).url)
  t.notMatch(response.headers.getSetCookie().join(), 'evil')
  t.match(response.headers.get('location'), '%0D%0A')
})

t.test('odd spellings of requests are refused, and break nothing', async t => {
  for (const query of [
    '%',
    '%ff=%fe',
    'client_id[]=x',
    'client_id[a]=b',
    '__proto__=x&constructor=y',
    `${'a=b&'.repeat(2000)}`,
    'client_id=%00',
    'client_id=%ED%A0%80',
  ])
    t.match((await call(app, 'GET', `/oauth2/authorize?${query}`)).statusCode, 400, query.slice(0, 40))
  for (const body of ['%', 'grant_type=%ff', 'grant_type[]=x', '__proto__[x]=y', '\0', 'a=b&'.repeat(10_000)]) {
    const answer = await answerOf(
      await fetch(`${issuer}/oauth2/token`, {
        method: 'POST',
        body,
        headers: { ...basic(news), 'content-type': 'application/x-www-form-urlencoded' },
      }),
    )
    t.match(outcome(answer), /^400 /, body.slice(0, 20))
  }
  for (const path of ['authorize', 'logout'])
    for (const body of ['{"client_id":{"toString":1,"valueOf":1}}', '["x"]', 'null'])
      t.equal(
        (await fetch(`${issuer}/oauth2/${path}`, { method: 'POST', body, headers: JSON_TYPE })).status,
        415,
        `${path} ${body}`,
      )
  for (const path of [
    '/oauth2/authorize/x',
    '/oauth2/device/x',
    '/oauth2/authorize/%00',
    '/oauth2/authorize/..%2f',
    '/oauth2/logout/success',
    '/oauth2/jwks/',
    '/oauth2/token/',
  ])
    t.ok((await call(app, 'GET', path)).statusCode < 500, path)
  for (const method of ['HEAD', 'DELETE', 'PUT', 'PATCH', 'OPTIONS'] as const)
    for (const path of ['authorize', 'token', 'userinfo', 'jwks', 'par'])
      t.ok((await call(app, method, `/oauth2/${path}`)).statusCode < 500, `${method} ${path}`)
})

t.test('threat: whoever hangs up in the middle fills the log with errors', async t => {
  const since = lines.length
  const head = `Host: ${new URL(issuer).host}\r\n`
  const body = 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 50\r\n'
  const targets = [
    `GET /oauth2/authorize?${new URLSearchParams(REQUEST)} HTTP/1.1\r\n${head}\r\n`,
    `POST /oauth2/token HTTP/1.1\r\n${head}${body}\r\ngrant`,
    `POST /oauth2/par HTTP/1.1\r\n${head}${body}\r\n`,
  ]
  for (const target of targets)
    for (let i = 0; i < 5; i++) {
      const socket = connect(Number(new URL(issuer).port), '127.0.0.1')
      socket.write(target)
      const arrived = once(app.server, 'request')
      await arrived
      socket.resetAndDestroy()
      await once(socket, 'close')
    }
  t.equal((await fetch(`${issuer}/oauth2/jwks`)).status, 200)
  const errors = lines.slice(since).filter(line => JSON.parse(line).level >= 50)
  t.same(errors, [])
})

t.test('threat: logs keep what opens something', async t => {
  const person = browser(issuer)
  const user = await verifiedUser(app)
  await person.signIn(app, user)
  const asked = {
    scope: 'openid email offline_access films:read',
    prompt: 'consent',
    state: 'canary-state',
    nonce: 'canary-nonce',
    login_hint: 'canary@alderaan.example',
  }
  const code = await codeFor(person, news, asked)
  const tokens = (await post(news, 'token', redemption(code))).body as unknown as Tokens
  await post(news, 'token', redemption(code))
  await post(news, 'token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
  await post(
    news,
    'token',
    { client_id: news.id, client_secret: news.secret ?? '', grant_type: 'client_credentials' },
    {},
  )
  for (const endpoint of ['introspect', 'revoke'])
    for (const token of Object.values(tokens)) await post(news, endpoint, { token: String(token) })
  await fetch(`${issuer}/oauth2/userinfo?access_token=${tokens.access_token}`)
  await fetch(`${issuer}/oauth2/token?client_secret=${news.secret}&code=${code.code}`, { method: 'POST' })
  await person.get((await request(news, { id_token_hint: tokens.id_token, prompt: 'none' })).url)
  const log = lines.join('')
  t.match(log, '/oauth2/token')
  const canaries = {
    code: code.code,
    verifier: code.verifier,
    ...tokens,
    secret: news.secret,
    state: 'canary-state',
    cookie: person.jar.get('holocron-oauth')?.value,
    hint: 'canary@alderaan.example',
  }
  for (const [name, canary] of Object.entries(canaries))
    if (String(canary).length > 8) t.notOk(log.includes(String(canary)), name)
})

t.test(
  'threat: strangers fill the database: what is kept for them is counted, small, and gone within the hour',
  async t => {
    const { app, issuer } = await serve(t, { AUTH_RATE_LIMIT_MAX: '20' })
    const tv = await application(app, {
      redirect_uris: [],
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      token_endpoint_auth_method: 'none',
    })
    const web = await application(app)
    const spa = await application(app, { token_endpoint_auth_method: 'none' })
    const count = async () =>
      Number(
        (
          await app.db
            .selectFrom('oauth_records')
            .select(({ fn }) => fn.countAll().as('n'))
            .executeTakeFirstOrThrow()
        ).n,
      )
    const person = browser(issuer)
    await person.signIn(app)
    const cookie = [...person.jar].map(([name, { value }]) => `${name}=${value}`).join('; ')
    const targetOf = async (client: Application) => (await request(client)).url.slice(issuer.length)
    /** As it is written, which fetch would not do. */
    async function send(target: string, path?: string) {
      const sent = http.get(issuer, { path: path ? target.replace(/^[^?]*\?/, path) : target })
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      response.resume()
      return { status: response.statusCode ?? 0 }
    }
    const { body: pushed } = await post(web, 'par', { ...REQUEST, client_id: web.id })
    const request_uri = String(pushed.request_uri)
    const kept: Record<string, () => Promise<{ status: number }>> = {
      'authorization requests': async () => browser(issuer).get((await request(web)).url),
      'pushed requests that are said to ask nothing': () =>
        browser(issuer).get(
          `/oauth2/authorize?${new URLSearchParams({ client_id: web.id, request_uri, prompt: 'none' })}`,
        ),
      'device codes': () => post(tv, 'device_authorization', {}),
      'pushed requests': () => post(spa, 'par', { ...REQUEST, client_id: spa.id }),
      'device codes, with the cookie of an account': () =>
        post(tv, 'device_authorization', { client_id: tv.id }, { cookie, 'sec-fetch-site': 'same-origin' }),
      'pages of the provider': () => browser(issuer).get('/oauth2/device'),
      'pages by another spelling': () => browser(issuer).get('/oauth2/device/'),
      'authorization requests by another spelling': async () => send(await targetOf(web), '/oauth2/authorize/?'),
      'requests that ask nothing, but for a fragment': async () => send(`${await targetOf(web)}#&prompt=none`),
    }
    const statuses: number[] = []
    for (let i = 0; i < 10; i++) for (const ask of Object.values(kept)) statuses.push((await ask()).status)
    t.ok((await count()) <= 21, `${await count()} records`)
    const last = statuses.slice(-Object.keys(kept).length)
    t.same(
      last.filter(status => status !== 429 && status !== 404),
      [],
      last.join(),
    )
    t.same((await send(`${await targetOf(web)}&prompt=none`)).status, 303, 'what keeps nothing is not counted')
    const { expires_at } = await app.db
      .selectFrom('oauth_records')
      .select('expires_at')
      .orderBy('expires_at', 'desc')
      .executeTakeFirstOrThrow()
    t.ok(expires_at <= Date.now() + 3_601_000)
    t.equal(
      (await post(web, 'par', { ...REQUEST, client_id: web.id })).status,
      201,
      'an application that authenticates is none',
    )
    const body = new URLSearchParams({ ...REQUEST, client_id: news.id, state: 'x'.repeat(30_000) })
    t.equal((await fetch(`${issuer}/oauth2/authorize`, { method: 'POST', body, redirect: 'manual' })).status, 413)
  },
)

t.test(
  'threat: an account fills the database: what its browsers have open is counted, and the oldest gives way',
  async t => {
    const { app, issuer } = await serve(t, { SESSIONS_MAX: '3' })
    const web = await application(app)
    const user = await verifiedUser(app)
    const person = browser(issuer)
    await person.signIn(app, user)
    const signedIn = new Map(person.jar)
    const count = async (model: string) => {
      const { n } = await app.db
        .selectFrom('oauth_records')
        .select(({ fn }) => fn.countAll().as('n'))
        .where('model', '=', model)
        .executeTakeFirstOrThrow()
      return Number(n)
    }
    const begin = async () => (await person.get((await request(web)).url)).headers.get('location') ?? ''
    const first = await begin()
    t.match(await (await person.get(first)).text(), 'asks for access')
    const cookies = new Map(person.jar)
    for (let i = 0; i < 50; i++) {
      // Each time as if from another browser.
      person.jar.clear()
      for (const [name, value] of signedIn) person.jar.set(name, value)
      await begin()
    }
    t.equal(await count('Interaction'), 50)
    t.equal(await count('Session'), 3)
    for (const [name, value] of cookies) person.jar.set(name, value)
    const gone = await person.get(first)
    t.equal(gone.status, 404)
    t.match(await gone.text(), 'followed by too many others')
    const last = await person.follow(await person.get((await request(web)).url))
    t.match(last.page, 'asks for access')
    await person.post(last.url, { answer: 'deny' })
    t.equal(await count('Interaction'), 50, 'an answer takes none out of the count')
  },
)

t.test("what a user's browsers have open goes with the account", async t => {
  const { app, issuer } = await serve(t)
  const web = await application(app)
  const user = await verifiedUser(app)
  const person = browser(issuer)
  await person.signIn(app, user)

  await person.get((await request(web)).url)
  const { user_id, token } = await logIn(app, user)
  const open = async () => {
    const records = app.db.selectFrom('oauth_records').select('model').where('grant_id', '=', `user:${user_id}`)
    return (await records.orderBy('model').execute()).map(({ model }) => model)
  }
  t.same(await open(), ['Interaction', 'Session'])
  await call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } })
  t.same(await open(), [])
})

t.test('threat: one request keeps the others waiting', async t => {
  const large = 'x'.repeat(50_000)
  const bodies = [
    `code=${large}`,
    'a=b&'.repeat(12_000),
    `client_id=${news.id}&client_secret=${large}`,
    `grant_type=${large}`,
  ]
  /** @returns how long this thread worked (µs), whatever else the machine did; what fetch needs is in it */
  const send = async (body: string) => {
    const before = process.threadCpuUsage()
    const init = { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    await (await fetch(`${issuer}/oauth2/token`, init)).text()
    const { user, system } = process.threadCpuUsage(before)
    return user + system
  }
  for (const body of bodies) {
    const times = [await send(body), await send(body), await send(body)]
    t.ok(Math.min(...times) < 50_000, `${times.join(', ')} µs`)
  }
})

t.test('what is away is said to be away, to programs and to people, and nothing is half done', async t => {
  const { app, issuer } = await serve(t)
  const client = await application(app, { scope: 'openid email offline_access films:read', grant_types })
  const person = browser(issuer)
  await person.signIn(app)
  const code = await codeFor(person, client, { prompt: 'consent', scope: 'openid offline_access films:read' })
  const { url } = await request(client)
  const broken = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const { getExecutor } = app.db
  app.db.getExecutor = () => {
    throw broken
  }
  const answer = await post(client, 'token', redemption(code))
  t.equal(outcome(answer), '503 temporarily_unavailable')
  t.ok(answer.headers.get('retry-after'))
  const page = await person.get(url)
  t.equal(page.status, 503)
  t.match(page.headers.get('content-type'), 'text/html')
  t.notMatch(await page.text(), /ECONN|server_error/)
  app.db.getExecutor = getExecutor
  const after = await post(client, 'token', redemption(code))
  t.equal(outcome(after), '200', 'the code is unharmed')
  t.ok(claimsOf(String(after.body.id_token)))
})
