import t from 'tap'
import { build, call, environment, logIn, REAL, verifiedUser } from '../../../support/app.ts'
import { browse, browserLogIn } from '../../../support/cookies.ts'
import { dead, isRevoked, logOut, outcome, readFilms, sessionId, sessionOf } from '../../../support/session.ts'
import { until } from '../../../support/until.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0'

interface Shown {
  id: string
  device: Record<string, string | null>
  ip: string
  created: string
  last_used: string
  current: boolean
}

t.test("the list has each live session, its device, and marks the caller's", async t => {
  const app = await build(t)
  const user = await verifiedUser(app)
  const headers = { 'user-agent': FIREFOX }
  const login = await call(app, 'POST', '/users/v1/login', { payload: user, headers, remoteAddress: '203.0.113.7' })
  const { token } = login.json<{ token: string }>()
  const second = await logIn(app, user)
  const gone = await logIn(app, user)
  const cookie = await browserLogIn(app, user)
  await logOut(app, gone.token)
  await logIn(app)

  const { results } = (await call(app, 'GET', '/users/v1/sessions', { token })).json<{ results: Shown[] }>()
  t.same(
    results.map(({ id, current }) => [id, current]),
    [cookie, second.token, token].map(each => [sessionId(each), each === token]),
    'newest first; neither ended ones nor those of others',
  )
  const { created_at, rotated_at } = await sessionOf(app, token)
  t.same(results[2], {
    id: sessionId(token),
    application: null,
    device: { browser: 'Firefox 141.0', os: 'Linux', platform: 'desktop', user_agent: FIREFOX },
    ip: '203.0.113.7',
    created: new Date(created_at).toISOString(),
    last_used: new Date(rotated_at).toISOString(),
    current: true,
  })
  const seen = (await browse(app, 'GET', '/users/v1/sessions', cookie)).json<{ results: Shown[] }>().results
  t.equal(seen.find(session => session.current)?.id, sessionId(cookie), 'a browser is told which one it is')
})

t.test('a device with an unknown user agent is listed too', async t => {
  const app = await build(t)
  const payload = await verifiedUser(app)
  for (const agent of ['x', '<script>alert(1)</script>', '('.repeat(2000)]) {
    const login = await call(app, 'POST', '/users/v1/login', { payload, headers: { 'user-agent': agent } })
    const { token } = login.json<{ token: string }>()
    const response = await call(app, 'GET', '/users/v1/sessions', { token })
    t.equal(response.statusCode, 200)
    const shown = response.json<{ results: Shown[] }>().results.find(session => session.current)
    t.equal(shown?.device.user_agent, agent.slice(0, 512))
  }
})

t.test('an ended session is invalid immediately; the others live', async t => {
  const app = await build(t)
  const user = await verifiedUser(app)
  const [own, lost] = [await logIn(app, user), await logIn(app, user)]
  const url = `/users/v1/sessions/${sessionId(lost.token)}`
  t.equal(outcome(await call(app, 'DELETE', url, { token: own.token })), '200')
  t.ok(await dead(app, lost))
  t.equal(outcome(await readFilms(app, own.token)), '200')
  t.equal(outcome(await call(app, 'DELETE', url, { token: own.token })), '404 not-found', 'it is over')
})

t.test("another user's session cannot be ended, nor its existence learned", async t => {
  const app = await build(t)
  const [attacker, victim] = [await logIn(app), await logIn(app)]
  for (const id of [sessionId(victim.token), 'x', crypto.randomUUID()])
    t.equal(outcome(await call(app, 'DELETE', `/users/v1/sessions/${id}`, { token: attacker.token })), '404 not-found')
  t.equal(outcome(await readFilms(app, victim.token)), '200')
  t.equal((await sessionOf(app, victim.token)).revoked_at, null)
})

t.test('all sessions but this one end', async t => {
  const app = await build(t)
  const user = await verifiedUser(app)
  const [own, one, two] = [await logIn(app, user), await logIn(app, user), await logIn(app, user)]
  const cookie = await browserLogIn(app, user)
  const stranger = await logIn(app)
  t.equal(outcome(await call(app, 'DELETE', '/users/v1/sessions', { token: own.token })), '200')
  t.ok(await dead(app, one))
  t.ok(await dead(app, two))
  t.equal(outcome(await browse(app, 'GET', '/films/v1/', cookie)), '401 token-invalid')
  t.equal(outcome(await readFilms(app, own.token)), '200')
  t.equal(outcome(await readFilms(app, stranger.token)), '200')
})

t.test('a session ended here is invalid on a second instance too', { skip: !REAL }, async t => {
  // So that it can only have come through Redis.
  const env = await environment(t, { REVOCATION_SYNC_SECONDS: '20' })
  const [here, there] = [await build(t, env), await build(t, env)]
  const user = await verifiedUser(here)
  const [own, one, two] = [await logIn(here, user), await logIn(here, user), await logIn(here, user)]
  t.equal(outcome(await readFilms(there, one.token)), '200')
  const ended = (token: string) => until(() => isRevoked(there, sessionId(token), 1), 1000)
  await call(here, 'DELETE', `/users/v1/sessions/${sessionId(one.token)}`, { token: own.token })
  await ended(one.token)
  t.ok(await dead(there, one))
  await call(here, 'DELETE', '/users/v1/sessions', { token: own.token })
  await ended(two.token)
  t.ok(await dead(there, two))
  t.equal(outcome(await readFilms(there, own.token)), '200')
})
