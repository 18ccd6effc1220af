// The grace periods after a rotation serve the client whose response was lost, or whose requests are in flight: never whom a security change locks out.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { administrator, build, call, environment, type LoggedIn, logIn, PASSWORD, REAL } from '../../../support/app.ts'
import {
  age,
  isRevoked,
  logOut,
  nextTokens,
  outcome,
  readFilms,
  reuseEvents,
  rotate,
  sessionId,
} from '../../../support/session.ts'
import { until } from '../../../support/until.ts'

const NEW = 'Bespin1980'
const GRACE = { ACCESS_GRACE_SECONDS: '60' }

async function changePassword(app: FastifyInstance, token: string): Promise<LoggedIn> {
  const payload = { old_password: PASSWORD, new_password: NEW }
  const response = await call(app, 'PUT', '/users/v1/password', { token, payload })
  if (response.statusCode !== 200) throw new Error(response.body)
  return response.json<LoggedIn>()
}

t.test('no refresh token from before a change of password gets the new tokens, however soon it is sent', async t => {
  const app = await build(t)
  const first = await logIn(app)
  const second = await nextTokens(app, first.refresh_token)
  const changed = await changePassword(app, second.token)
  for (const { refresh_token } of [second, first])
    t.equal(outcome(await rotate(app, refresh_token)), '401 token-invalid')
  t.same(await reuseEvents(app, changed.token), [], 'which is no reuse: a page may have been rotating meanwhile')
  t.equal(outcome(await rotate(app, changed.refresh_token)), '200', 'and the session goes on')
})

t.test('a change that ends the other sessions ends the grace periods of its own', async t => {
  const app = await build(t, GRACE)
  const first = await logIn(app)
  const second = await nextTokens(app, first.refresh_token)
  t.equal(outcome(await readFilms(app, first.token)), '200')
  t.equal(outcome(await call(app, 'DELETE', '/users/v1/sessions', { token: second.token })), '200')
  t.equal(outcome(await readFilms(app, first.token)), '401 token-invalid')
  t.equal(outcome(await rotate(app, first.refresh_token)), '401 token-invalid')
  t.equal(outcome(await readFilms(app, second.token)), '200')
  const third = await nextTokens(app, second.refresh_token)
  t.same(await nextTokens(app, second.refresh_token), third, 'the next rotation has its own')
})

t.test('the next rotation after a change of password has its grace period again', async t => {
  const app = await build(t)
  const changed = await changePassword(app, (await logIn(app)).token)
  const lost = await nextTokens(app, changed.refresh_token)
  t.same(await nextTokens(app, changed.refresh_token), lost)
  t.equal(outcome(await readFilms(app, lost.token)), '200')
})

t.test('with ACCESS_GRACE_SECONDS the requests in flight survive a rotation', async t => {
  const app = await build(t, GRACE)
  const first = await logIn(app)
  const second = await nextTokens(app, first.refresh_token)
  const responses = await Promise.all(Array.from({ length: 40 }, () => readFilms(app, first.token)))
  t.ok(responses.every(response => outcome(response) === '200'))
  t.equal(outcome(await readFilms(app, second.token)), '200')
  const third = await nextTokens(app, second.refresh_token)
  t.equal(outcome(await readFilms(app, first.token)), '401 token-invalid', 'only the previous generation')
  t.equal(outcome(await readFilms(app, second.token)), '200')
  t.equal(outcome(await readFilms(app, third.token)), '200')
})

t.test('a retried rotation does not extend the grace period of access tokens', async t => {
  const app = await build(t, { ...GRACE, REFRESH_GRACE_SECONDS: '3600' })
  const first = await logIn(app)
  // Another process has rotated a minute ago, and this one hears of it by the retry alone.
  await app.db
    .updateTable('sessions')
    .set({ generation: 2, changed_at: 0 })
    .where('id', '=', sessionId(first.token))
    .execute()
  await age(app, first.token, 61_000)
  await nextTokens(app, first.refresh_token)
  t.equal(outcome(await readFilms(app, first.token)), '401 token-invalid')
})

t.test('the grace period of access tokens ends', async t => {
  const app = await build(t, { ACCESS_GRACE_SECONDS: '1' })
  const first = await logIn(app)
  await nextTokens(app, first.refresh_token)
  t.equal(isRevoked(app, sessionId(first.token), 1), false)
  await until(() => isRevoked(app, sessionId(first.token), 1), 10_000)
  t.equal(outcome(await readFilms(app, first.token)), '401 token-invalid')
})

/** What must end the previous access token whatever grace it has. */
const ENDINGS: Record<string, (app: FastifyInstance, first: LoggedIn, second: LoggedIn) => Promise<unknown>> = {
  logout: (app, _first, second) => logOut(app, second.token),
  'a change of password': (app, _first, second) => changePassword(app, second.token),
  'reuse of a refresh token': async (app, first, second) => {
    await age(app, second.token, 10_001)
    await rotate(app, first.refresh_token)
  },
  'a change of role': (app, { user_id }) => byAdministrator(app, user_id, { access_role: 'admin' }),
  disabling: (app, { user_id }) => byAdministrator(app, user_id, { disabled: true }),
  'a revocation of all sessions': app => app.revocations.revokeAll(),
}

async function byAdministrator(app: FastifyInstance, userId: number, payload: object) {
  const { token } = await administrator(app)
  return call(app, 'PATCH', `/users/v1/${userId}`, { token, payload })
}

for (const [name, end] of Object.entries(ENDINGS))
  t.test(`no access token has grace after ${name}`, async t => {
    const env = await environment(t, { ...GRACE, REVOCATION_SYNC_SECONDS: '1' })
    const [here, there] = [await build(t, env), await build(t, env)]
    const first = await logIn(here)
    const second = await nextTokens(here, first.refresh_token)
    await until(() => isRevoked(there, sessionId(first.token), 0))
    t.equal(outcome(await readFilms(here, first.token)), '200')
    if (REAL) t.equal(outcome(await readFilms(there, first.token)), '200', 'by the message of the other instance')
    await end(here, first, second)
    t.equal(outcome(await readFilms(here, first.token)), '401 token-invalid')
    await until(async () => outcome(await readFilms(there, first.token)) === '401 token-invalid', 10_000)
  })
