/** The browser client against the service: when it refreshes, when it asks for the login, and where it sends tokens. */
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { build, call, listen, PASSWORD, verifiedUser } from '../support/app.ts'
import {
  changeTokens,
  createClient,
  type Entries,
  interceptFetch,
  openTab,
  ServiceError,
  setStorage,
  tokensIn,
} from '../support/browser-client.ts'
import { logOut, nextTokens, reuseEvents, sessionOf } from '../support/session.ts'
import { until } from '../support/until.ts'

// However slow the machine, what counts as a lost response stays one.
const app = await build(t, { REFRESH_GRACE_SECONDS: '3600' })
const base = await listen(app)

const FILMS = '/films/v1/'
const JSON_BODY = { 'content-type': 'application/json' }

async function loggedIn(t: Test, session = 'browser') {
  const entries: Entries = new Map()
  const user = await verifiedUser(app)
  const tab = openTab(t, base, entries, session)
  const other = openTab(t, base, entries, session)
  await tab.client.logIn(user)
  const generation = async () => (await sessionOf(app, tokensIn(entries).token)).generation
  return { entries, user, tab, other, generation }
}

const isRefresh = (url: string) => url.endsWith('/generate_tokens')

t.test('forty parallel calls of two tabs around a refresh all succeed, by one refresh', async t => {
  const { entries, tab, other, generation } = await loggedIn(t)
  const calls = () => Array.from({ length: 20 }, (_, i) => [tab, other][i % 2]?.client.fetch(FILMS))
  const inFlight = calls()
  changeTokens(entries, { refreshAt: 0 })
  const responses = await Promise.all([...inFlight, ...calls()])
  t.same([...new Set(responses.map(response => response?.status))], [200])
  t.equal(await generation(), 2)
})

t.test('without Web Locks, tabs that refresh at the same time get the same tokens', async t => {
  t.intercept(globalThis, 'navigator', { value: {} })
  const { entries, tab, other, generation } = await loggedIn(t)
  changeTokens(entries, { access: 'x' })
  const responses = await Promise.all([tab, other, tab, other].map(({ client }) => client.fetch(FILMS)))
  t.same([...new Set(responses.map(({ status }) => status))], [200])
  t.equal(await generation(), 2)
  t.same(await reuseEvents(app, tokensIn(entries).token), [])
})

t.test('a response to a refresh that is lost is asked for again, at once', async t => {
  const { entries, tab, generation } = await loggedIn(t)
  changeTokens(entries, { access: 'x' })
  let lost = 0
  interceptFetch(t, async (url, send) => {
    const response = await send()
    if (isRefresh(url) && lost++ === 0) throw new TypeError('lost')
    return response
  })
  t.equal((await tab.client.fetch(FILMS)).status, 200)
  t.equal(lost, 2)
  t.equal(await generation(), 2)
  t.same(tab.heard, ['login'])
})

const NOT_THE_END: [status: number, message: string | undefined][] = [
  [503, 'service-unavailable'],
  [429, 'too-many-requests'],
  [500, 'internal-error'],
  [502, undefined],
  [401, undefined],
  [401, 'authorisation-required'],
  [404, 'not-found'],
  [403, 'forbidden'],
]
for (const [status, message] of NOT_THE_END)
  t.test(`a refresh that is answered ${status} ${message ?? 'by a proxy'} logs nobody out`, async t => {
    const { entries, tab, other } = await loggedIn(t)
    let refuse = true
    interceptFetch(t, async (url, send) => (isRefresh(url) && refuse ? Response.json({ message }, { status }) : send()))
    changeTokens(entries, { refreshAt: 0 })
    t.equal((await tab.client.fetch(FILMS)).status, 200, 'the present token still works')
    changeTokens(entries, { access: 'x' })
    t.equal((await tab.client.fetch(FILMS)).status, status, 'now it does not, and the response says why')
    refuse = false
    for (const { client } of [tab, other]) t.equal((await client.fetch(FILMS)).status, 200)
    t.same(tab.heard, ['login'])
  })

t.test('a network that is down logs nobody out', async t => {
  const { entries, tab } = await loggedIn(t)
  changeTokens(entries, { access: 'x' })
  let down = true
  interceptFetch(t, (url, send) => (isRefresh(url) && down ? Promise.reject(new TypeError('down')) : send()))
  await t.rejects(tab.client.fetch(FILMS), { message: 'down' })
  down = false
  t.equal((await tab.client.fetch(FILMS)).status, 200)
  t.same(tab.heard, ['login'])
})

t.test('a session that is over asks for the login, once in each tab, and is not tried again', async t => {
  const { entries, tab, other } = await loggedIn(t)
  await logOut(app, tokensIn(entries).token)
  let refreshes = 0
  interceptFetch(t, (url, send) => {
    if (isRefresh(url)) refreshes++
    return send()
  })
  const responses = await Promise.all([tab, tab, other, other].map(({ client }) => client.fetch(FILMS)))
  t.same([...new Set(responses.map(({ status }) => status))], [401])
  for (const { heard } of [tab, other]) await until(() => heard.length === 2)
  for (const { heard } of [tab, other]) t.same(heard, ['login', 'expired'])
  t.equal(tab.client.userId, undefined)
  t.equal((await tab.client.fetch(FILMS)).status, 401)
  t.equal(refreshes, 1)
  t.notMatch([...entries.values()].join(), /eyJ/, 'no token is left')
})

t.test('an account that was deleted asks for the login', async t => {
  const { entries, tab } = await loggedIn(t)
  const { user_id } = await sessionOf(app, tokensIn(entries).token)
  const { token } = tokensIn(entries)
  const proof = await call(app, 'POST', '/users/v1/reauthenticate', { token, payload: { password: PASSWORD } })
  const fresh = proof.json<{ token: string }>().token
  const payload = { password: PASSWORD }
  t.equal((await call(app, 'DELETE', `/users/v1/${user_id}`, { token: fresh, payload })).statusCode, 200)
  t.equal((await tab.client.fetch(FILMS)).status, 401)
  t.same(tab.heard, ['login', 'expired'])
})

t.test('tokens that a reauthentication returns count in all tabs, and no refresh interferes', async t => {
  const { entries, tab, other, generation } = await loggedIn(t)
  const init = { method: 'POST', headers: JSON_BODY, body: JSON.stringify({ password: PASSWORD }) }
  changeTokens(entries, { refreshAt: 0 })
  const [exchanged, ...films] = await Promise.all([
    tab.client.fetch('/users/v1/reauthenticate', init),
    ...Array.from({ length: 10 }, (_, i) => [tab, other][i % 2]?.client.fetch(FILMS)),
  ])
  t.equal(exchanged?.status, 200)
  t.same([...new Set(films.map(response => response?.status))], [200])
  t.same(await reuseEvents(app, tokensIn(entries).token), [])
  t.ok((await generation()) >= 2)
  t.equal((await other.client.fetch(FILMS)).status, 200)
})

t.test('a 401 that is about something else than the token is neither refreshed nor sent again', async t => {
  const { tab, generation } = await loggedIn(t)
  let sent = 0
  interceptFetch(t, async (url, send) => {
    sent++
    return url.endsWith(FILMS) ? Response.json({ message: 'passkey-invalid' }, { status: 401 }) : send()
  })
  t.equal((await tab.client.fetch(FILMS)).status, 401)
  t.equal(sent, 1)
  t.equal(await generation(), 1)
})

t.test('threat: a request of one user is sent again as the next user of the browser', async t => {
  const { entries, tab, other } = await loggedIn(t)
  const next = await verifiedUser(app)
  const sent: string[] = []
  interceptFetch(t, async (url, send) => {
    if (!url.endsWith('/users/v1/me')) return send()
    sent.push(url)
    const { token } = tokensIn(entries)
    await other.client.logOut()
    await other.client.logIn(next)
    t.not(tokensIn(entries).token, token)
    return send()
  })
  t.equal((await tab.client.fetch('/users/v1/me')).status, 401)
  t.equal(sent.length, 1)
})

t.test('threat: another origin is asked, and gets the token', async t => {
  const { tab } = await loggedIn(t)
  const seen: unknown[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.end('{}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const foreign = `http://127.0.0.1:${port}`
  for (const input of [foreign, `${foreign}/users/v1/me`, new URL(foreign), new Request(foreign), `${base}@127.0.0.1`])
    await t.rejects(tab.client.fetch(input), TypeError)
  t.equal((await tab.client.fetch(`//127.0.0.1:${port}/`)).status, 404, 'a path of the service')
  t.same(seen, [])
})

t.test('a logout with an expired access token ends the session at the service, too', async t => {
  const { entries, tab } = await loggedIn(t)
  const { token } = tokensIn(entries)
  changeTokens(entries, { access: 'x' })
  await tab.client.logOut()
  t.ok((await sessionOf(app, token)).revoked_at)
  t.same(tab.heard, ['login', 'logout'])
})

t.test('a logout that the service does not hear of is one for this browser, and says so', async t => {
  const { tab, other } = await loggedIn(t)
  interceptFetch(t, () => Promise.reject(new TypeError('down')))
  await t.rejects(tab.client.logOut(), { message: 'down' })
  t.equal(tab.client.userId, undefined)
  await until(() => other.heard.includes('logout'))
})

t.test('errors of a login are thrown with their code', async t => {
  const { client } = openTab(t, base, new Map())
  const login = client.logIn({ email: 'nobody@alderaan.example', password: PASSWORD })
  const error = await login.catch(error => error)
  t.ok(error instanceof ServiceError)
  t.match(error, { status: 404, code: 'not-found', message: 'not-found' })
})

t.test('nobody logged in: public routes are served, and others say that a token is missing', async t => {
  const { client } = openTab(t, base, new Map())
  t.equal((await client.fetch('/films/v1/4')).status, 200)
  t.match(await (await client.fetch(FILMS)).json(), { message: 'authorisation-required' })
  t.equal(await client.me(), undefined)
})

t.test(
  'a login in one tab is one in the other, even where its storage learns of it later than its messages',
  async t => {
    const user = await verifiedUser(app)
    const tab = openTab(t, base, new Map())
    const other = openTab(t, base, new Map())
    await tab.client.logIn(user)
    await until(() => other.heard.length > 0)
    t.same(other.heard, ['login'])
    t.equal((await other.client.me())?.email, user.email)
  },
)

t.test('tokens kept for one tab are no concern of others, but for its duplicate', async t => {
  const entries: Entries = new Map()
  const tab = openTab(t, base, entries, 'tab')
  const stranger = openTab(t, base, new Map(), 'tab')
  await tab.client.logIn(await verifiedUser(app))
  await stranger.client.logIn(await verifiedUser(app))
  const copy: Entries = new Map(entries)
  const duplicate = openTab(t, base, copy, 'tab')

  changeTokens(entries, { access: 'x' })
  t.equal((await tab.client.fetch(FILMS)).status, 200)
  await until(() => tokensIn(copy).token === tokensIn(entries).token)
  const { token } = tokensIn(entries)
  await tab.client.logOut()
  await until(() => duplicate.heard.includes('logout'))
  t.equal(duplicate.client.userId, undefined)
  t.same(stranger.heard, ['login'])
  t.equal((await stranger.client.fetch(FILMS)).status, 200)
  t.same(await reuseEvents(app, token), [])
})

t.test('tokens kept in memory are stored nowhere', async t => {
  const entries: Entries = new Map()
  const { client } = openTab(t, base, entries, 'memory')
  await client.logIn(await verifiedUser(app))
  t.equal((await client.fetch(FILMS)).status, 200)
  t.equal(entries.size, 0)
})

t.test('where users have forbidden storage, the session lasts until the page is left', async t => {
  setStorage(t, 'localStorage', {
    get() {
      throw new DOMException('denied', 'SecurityError')
    },
  })
  const client = createClient(base)
  t.teardown(() => client.close())
  await client.logIn(await verifiedUser(app))
  t.equal((await client.fetch(FILMS)).status, 200)
})

t.test('a refresh token that a thief has used first ends the session, and asks for the login', async t => {
  const { entries, tab } = await loggedIn(t)
  const stolen = tokensIn(entries)
  await nextTokens(app, (await nextTokens(app, stolen.refresh_token)).refresh_token)
  t.equal((await tab.client.fetch(FILMS)).status, 401)
  t.same(tab.heard, ['login', 'expired'])
  t.equal((await reuseEvents(app, stolen.token)).length, 1)
})
