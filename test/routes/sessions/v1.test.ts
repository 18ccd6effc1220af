import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { administrator, build, call, environment, logIn, PASSWORD, verifiedUser } from '../../support/app.ts'
import { browse, browserLogIn, cookieIn, expired, ORIGIN, OWN_PAGE, setCookie } from '../../support/cookies.ts'
import { isRevoked, outcome, sessionId, sessionOf } from '../../support/session.ts'

const films = '/films/v1/'

t.test('a browser logs in by JSON or by a form, and gets a cookie no script can read', async t => {
  const app = await build(t)
  const user = await verifiedUser(app)
  const form = { 'content-type': 'application/x-www-form-urlencoded', ...OWN_PAGE }
  const ways = {
    json: await call(app, 'POST', '/sessions/v1/', { payload: user, headers: OWN_PAGE }),
    form: await call(app, 'POST', '/sessions/v1/', { payload: `${new URLSearchParams(user)}`, headers: form }),
  }
  for (const [way, response] of Object.entries(ways)) {
    t.equal(response.statusCode, 200, way)
    t.match(response.json(), { status: 'ok', email: user.email })
    t.notMatch(response.body, cookieIn(response), 'the token stands nowhere else')
    const attributes = (setCookie(response) ?? '').split('; ')
    t.match(attributes[0], /^holocron=./)
    for (const attribute of ['HttpOnly', 'SameSite=Lax', 'Path=/']) t.ok(attributes.includes(attribute), attribute)
    t.notOk(attributes.includes('Secure'), 'without TLS it would never come back')
    t.equal(outcome(await browse(app, 'GET', films, cookieIn(response))), '200')
  }
})

t.test('a session until the browser is closed stays one, whatever renews its cookie', async t => {
  const app = await build(t)
  const user = await verifiedUser(app)
  const logInWith = (query: string) => call(app, 'POST', `/sessions/v1/${query}`, { payload: user, headers: OWN_PAGE })
  for (const query of ['', '?remember=true']) t.match(setCookie(await logInWith(query)), /Max-Age=2592000/)
  t.equal((await logInWith('?remember=maybe')).statusCode, 400)
  const login = await logInWith('?remember=false')
  t.match(setCookie(login), /^holocron=/)
  t.notMatch(setCookie(login), /Max-Age|Expires/i)

  const payload = { old_password: PASSWORD, new_password: 'Bespin1980' }
  const headers = { ...OWN_PAGE, cookie: `holocron=${cookieIn(login)}` }
  const changed = await call(app, 'PUT', '/users/v1/password', { payload, headers })
  t.notMatch(setCookie(changed), /Max-Age|Expires/i)
  const renewed = await browse(app, 'GET', films, expired(app, cookieIn(changed)))
  t.match(setCookie(renewed), /^holocron=/)
  t.notMatch(setCookie(renewed), /Max-Age|Expires/i)
  t.equal(outcome(await browse(app, 'GET', films, cookieIn(renewed))), '200')
})

t.test('under an https PUBLIC_URL the cookie is bound to TLS and to this host', async t => {
  const app = await build(t, { PUBLIC_URL: 'https://holocron.test' })
  const payload = await verifiedUser(app)
  const response = await call(app, 'POST', '/sessions/v1/', { payload, headers: OWN_PAGE })
  const cookie = setCookie(response) ?? ''
  t.match(cookie, /^__Host-holocron=./)
  t.match(cookie, /; Secure/)
  t.match(cookie, /; HttpOnly/)
  t.match(cookie, /; SameSite=Lax/)
  t.match(cookie, /; Path=\/(;|$)/)
  t.notMatch(cookie, /Domain/i, '__Host- forbids it')
  t.equal(outcome(await browse(app, 'GET', films, cookieIn(response))), '200')
  const headers = { cookie: `holocron=${cookieIn(response)}` }
  t.equal(
    outcome(await call(app, 'GET', films, { headers })),
    '401 authorisation-required',
    'the bare name is not ours',
  )
})

t.test('a wrong password sets no cookie', async t => {
  const app = await build(t)
  const { email } = await verifiedUser(app)
  const payload = { email, password: `${PASSWORD}x` }
  const response = await call(app, 'POST', '/sessions/v1/', { payload, headers: OWN_PAGE })
  t.ok(response.statusCode >= 400)
  t.equal(setCookie(response), undefined)
})

t.test('if both are sent, the token counts and not the cookie', async t => {
  const app = await build(t)
  const cookie = await browserLogIn(app)
  const other = await logIn(app)
  const headers = { cookie: `holocron=${cookie}` }
  const me = await call(app, 'GET', '/users/v1/me', { token: other.token, headers })
  t.match(me.json(), { id: other.user_id })
  t.equal(outcome(await call(app, 'GET', films, { token: 'x', headers })), '401 token-invalid', 'not even a bad one')
  const unsafe = await call(app, 'DELETE', '/users/v1/sessions', { token: other.token, headers })
  t.equal(outcome(unsafe), '200', 'and no origin is asked for: no browser adds a token by itself')
})

t.test('cross-site request forgery: unsafe requests must come from the same origin', async t => {
  const app = await build(t)
  const cookie = await browserLogIn(app)
  const id = (await browse(app, 'GET', '/users/v1/me', cookie)).json<{ id: string }>().id
  const unsafe = [
    ['POST', '/users/v1/email'],
    ['PUT', '/users/v1/password'],
    ['PUT', `/users/v1/${id}`],
    ['PATCH', `/users/v1/${id}`],
    ['DELETE', '/users/v1/sessions'],
  ] as const
  const sources: [headers: Record<string, string>, own: boolean][] = [
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'same-origin', origin: ORIGIN }, true],
    [{ origin: ORIGIN }, true],
    [{}, false],
    [{ 'sec-fetch-site': 'same-site' }, false],
    [{ 'sec-fetch-site': 'cross-site' }, false],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-site': 'cross-site', origin: ORIGIN }, false],
    [{ 'sec-fetch-site': 'x' }, false],
    [{ origin: 'http://evil.test' }, false],
    [{ origin: 'https://holocron.test' }, false],
    [{ origin: `${ORIGIN}:8080` }, false],
    [{ origin: `${ORIGIN}.evil.test` }, false],
    [{ origin: 'null' }, false],
  ]
  for (const [headers, own] of sources) {
    const name = JSON.stringify(headers)
    for (const method of ['GET', 'HEAD'] as const)
      t.equal((await browse(app, method, films, cookie, headers)).statusCode, 200, `${method} ${name}`)
    for (const [method, url] of unsafe) {
      const refused = outcome(await browse(app, method, url, cookie, headers)) === '403 cross-site'
      t.equal(refused, !own, `${method} ${name}`)
    }
  }
})

t.test('login CSRF: no other site can log a browser in', async t => {
  const app = await build(t)
  const payload = await verifiedUser(app)
  const sources: [headers: Record<string, string>, expected: string][] = [
    [{}, '200'],
    [{ origin: ORIGIN }, '200'],
    [{ 'sec-fetch-site': 'same-origin' }, '200'],
    [{ 'sec-fetch-site': 'none' }, '200'],
    [{ origin: 'http://evil.test' }, '403 cross-site'],
    [{ origin: 'null' }, '403 cross-site'],
    [{ 'sec-fetch-site': 'same-site' }, '403 cross-site'],
    [{ 'sec-fetch-site': 'cross-site' }, '403 cross-site'],
    [{ 'sec-fetch-site': 'cross-site', origin: ORIGIN }, '403 cross-site'],
  ]
  for (const [headers, expected] of sources) {
    const response = await call(app, 'POST', '/sessions/v1/', { payload, headers })
    t.equal(outcome(response), expected, JSON.stringify(headers))
    t.equal(setCookie(response) !== undefined, expected === '200')
  }
})

t.test('logging out clears the cookie and ends the session', async t => {
  const app = await build(t)
  const cookie = await browserLogIn(app)
  t.equal(outcome(await browse(app, 'DELETE', '/sessions/v1/', cookie, {})), '403 cross-site')
  const response = await browse(app, 'DELETE', '/sessions/v1/', cookie)
  t.equal(outcome(response), '200')
  t.match(setCookie(response), /^holocron=; Max-Age=0/)
  t.equal(outcome(await browse(app, 'GET', films, cookie)), '401 token-invalid')
  t.ok((await sessionOf(app, cookie)).revoked_at)
})

t.test('an expired cookie is renewed by one read, and its session stays the one it was', async t => {
  const app = await build(t)
  const cookie = await browserLogIn(app)
  const response = await browse(app, 'GET', films, expired(app, cookie))
  t.equal(outcome(response), '200')
  const renewed = cookieIn(response)
  t.equal(sessionId(renewed), sessionId(cookie))
  t.match(await sessionOf(app, renewed), { generation: 1, revoked_at: null })
  const next = await browse(app, 'GET', films, renewed)
  t.equal(outcome(next), '200')
  t.equal(setCookie(next), undefined, 'a fresh one is left as it is')
})

t.test("a page's parallel requests with an expired cookie all succeed", async t => {
  const app = await build(t)
  const old = expired(app, await browserLogIn(app))
  const answers = await Promise.all(Array.from({ length: 10 }, () => browse(app, 'GET', films, old)))
  t.same(answers.map(outcome), Array(10).fill('200'))
})

t.test('renewal rejects ended sessions', async t => {
  const app = await build(t, { REFRESH_TOKEN_TTL_SECONDS: '1000' })
  const change = (cookie: string, values: Record<string, number>) =>
    app.db.updateTable('sessions').set(values).where('id', '=', sessionId(cookie)).execute()
  const userOf = async (cookie: string) => (await sessionOf(app, cookie)).user_id
  const cases: Record<string, [harm: (cookie: string) => Promise<unknown>, expected: string]> = {
    revoked: [cookie => change(cookie, { revoked_at: Date.now() }), '401 token-invalid'],
    'past its absolute end': [cookie => change(cookie, { expires_at: Date.now() - 1000 }), '401 token-expired'],
    idle: [cookie => change(cookie, { rotated_at: Date.now() - 1_001_000 }), '401 token-expired'],
    'of another generation': [cookie => change(cookie, { generation: 2 }), '401 token-invalid'],
    'of a disabled user': [
      async cookie =>
        app.db
          .updateTable('users')
          .set({ disabled: 1 })
          .where('id', '=', await userOf(cookie))
          .execute(),
      '401 token-invalid',
    ],
    'of no session': [
      cookie => app.db.deleteFrom('sessions').where('id', '=', sessionId(cookie)).execute(),
      '401 token-invalid',
    ],
  }
  for (const [name, [harm, expected]] of Object.entries(cases)) {
    const cookie = await browserLogIn(app)
    await harm(cookie)
    const response = await browse(app, 'GET', films, expired(app, cookie))
    t.equal(outcome(response), expected, name)
    t.equal(setCookie(response), undefined, 'no cookie')
  }
})

const GONE = {
  deleted: ['DELETE', undefined],
  disabled: ['PATCH', { disabled: true }],
} as const
for (const [name, [method, payload]] of Object.entries(GONE)) {
  t.test(`the cookie of a user who was ${name} is refused at once, and renewed no more, on any instance`, async t => {
    const env = await environment(t)
    const [here, there] = [await build(t, env), await build(t, env)]
    const cookie = await browserLogIn(here)
    const { user_id } = await sessionOf(here, cookie)
    const { token } = await administrator(here)
    for (const app of [here, there]) t.equal(outcome(await browse(app, 'GET', films, cookie)), '200')

    const answer = await call(here, method, `/users/v1/${user_id}`, { token, ...(payload && { payload }) })
    t.equal(outcome(answer), '200')
    t.equal(outcome(await browse(here, 'GET', films, cookie)), '401 token-invalid')
    // Whether it was told there or not: the database is asked, which knows of the user, or of none.
    const renewal = await browse(there, 'GET', films, expired(here, cookie))
    t.equal(outcome(renewal), '401 token-invalid')
    t.equal(setCookie(renewal), undefined)
    // Through Redis by now, or at the latest with the next sync.
    await there.revocations.sync()
    for (const app of [here, there]) {
      for (const each of [cookie, expired(here, cookie)]) {
        const refused = await browse(app, 'GET', films, each)
        t.equal(outcome(refused), '401 token-invalid')
        t.equal(setCookie(refused), undefined)
      }
    }

    await forgetRevocation(here, cookie)
    const restarted = await build(t, env)
    t.notOk(isRevoked(restarted, sessionId(cookie), 1), 'it is forgotten')
    t.equal(outcome(await browse(restarted, 'GET', films, expired(restarted, cookie))), '401 token-invalid')
  })
}

/** The session ended so long ago that no process that starts now hears of it. */
async function forgetRevocation(app: FastifyInstance, cookie: string): Promise<void> {
  const long = 10 * 24 * 3600 * 1000
  await app.db
    .updateTable('sessions')
    .set(eb => ({ changed_at: eb('changed_at', '-', long), revoked_at: eb('revoked_at', '-', long) }))
    .where('id', '=', sessionId(cookie))
    .execute()
}

t.test('a revoked cookie never becomes valid again, not even after its lifetime and a restart', async t => {
  const env = await environment(t)
  const app = await build(t, env)
  const cookie = await browserLogIn(app)
  const old = expired(app, cookie)
  t.equal(outcome(await browse(app, 'DELETE', '/sessions/v1/', cookie)), '200')
  await forgetRevocation(app, cookie)
  await app.close()
  const restarted = await build(t, env)
  t.notOk(isRevoked(restarted, sessionId(cookie), 1), 'it is forgotten')
  t.equal(outcome(await browse(restarted, 'GET', films, old)), '401 token-invalid')
})

t.test('a malformed cookie is rejected', async t => {
  const app = await build(t)
  const genuine = await browserLogIn(app)
  const [head, claims] = genuine.split('.')
  const garbage = ['x', 'a.b.c', '%', '%00', `${genuine}x`, `${head}.${claims}.`, 'a'.repeat(5000), '"']
  for (const cookie of garbage)
    t.equal(outcome(await browse(app, 'GET', films, cookie)), '401 token-invalid', cookie.slice(0, 20))
  const headers = { cookie: 'other=1; =; ;' }
  t.equal(
    outcome(await call(app, 'GET', films, { headers })),
    '401 authorisation-required',
    "other cookies aren't ours",
  )
})

t.test('the document shows every way into routes for users', async t => {
  const app = await build(t)
  const { paths, components } = (await call(app, 'GET', '/openapi.json')).json()
  t.same(paths['/users/v1/sessions'].get.security, [{ login: [] }, { accessToken: [] }, { sessionCookie: [] }])
  t.match(components.securitySchemes.sessionCookie, { type: 'apiKey', in: 'cookie', name: 'holocron' })
})
