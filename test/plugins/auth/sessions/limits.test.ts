// Nobody fills the database, or stalls whoever ends it all, by logging in again and again.
import { randomUUIDv7 } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { administrator, build, call, environment, logIn, REAL, verifiedUser } from '../../../support/app.ts'
import { age, dead, isRevoked, outcome, readFilms, rotate, sessionId } from '../../../support/session.ts'
import { countStatements } from '../../../support/sql/statements.ts'
import { until } from '../../../support/until.ts'

const MANY = 5000

async function idsOf(app: FastifyInstance, token: string, query = ''): Promise<string[]> {
  const response = await call(app, 'GET', `/users/v1/sessions${query}`, { token })
  return response.json<{ results: { id: string }[] }>().results.map(({ id }) => id)
}

/** As from before there was a limit. */
async function openMany(app: FastifyInstance, user_id: number): Promise<string[]> {
  const now = Date.now()
  const rows = Array.from({ length: MANY }, () => ({
    id: randomUUIDv7(),
    user_id,
    generation: 1,
    created_at: now,
    rotated_at: now - 1000,
    expires_at: now + 1_000_000,
    revoked_at: null,
    changed_at: now,
    user_agent: null,
    ip: null,
  }))
  for (let i = 0; i < MANY; i += 1000)
    await app.db
      .insertInto('sessions')
      .values(rows.slice(i, i + 1000))
      .execute()
  return rows.map(({ id }) => id)
}

t.test('a login beyond SESSIONS_MAX ends the session that was not used for the longest time, everywhere', async t => {
  const env = await environment(t, { SESSIONS_MAX: '3' })
  const [here, there] = [await build(t, env), await build(t, env)]
  const user = await verifiedUser(here)
  const [one, two, three] = [await logIn(here, user), await logIn(here, user), await logIn(here, user)]
  const stranger = await logIn(here)
  for (const [tokens, ms] of [
    [one, 2000],
    [two, 3000],
    [three, 1000],
  ] as const)
    await age(here, tokens.token, ms)
  const four = await logIn(here, user)
  t.ok(isRevoked(here, sessionId(two.token), 1))
  await until(() => isRevoked(there, sessionId(two.token), 1), 10_000)
  t.ok(await dead(here, two))
  t.same(
    await idsOf(here, four.token),
    [four, three, one].map(({ token }) => sessionId(token)),
  )
  for (const { token } of [one, three, four, stranger]) t.equal(outcome(await readFilms(there, token)), '200')
  const events = await here.db
    .selectFrom('audit_events')
    .select('session_id')
    .where('kind', '=', 'session-ended')
    .execute()
  t.same(events, [{ session_id: sessionId(two.token) }])
})

t.test('parallel logins leave no more than SESSIONS_MAX sessions, and their own alive', async t => {
  const env = await environment(t, { SESSIONS_MAX: '3', AUTH_RATE_LIMIT_MAX: '1000' })
  const apps = REAL ? [await build(t, env), await build(t, env)] : [await build(t, env)]
  const [app] = apps
  if (!app) return
  const user = await verifiedUser(app)
  const logins = await Promise.all(Array.from({ length: 12 }, (_, i) => logIn(apps[i % apps.length] ?? app, user)))
  const outcomes: string[] = []
  for (const { refresh_token } of logins) outcomes.push(outcome(await rotate(app, refresh_token)))
  t.equal(outcomes.filter(each => each === '200').length, 3)
  t.equal(outcomes.filter(each => each === '401 token-invalid').length, 9)
})

t.test('the list is paged, newest first', async t => {
  const app = await build(t)
  const user = await verifiedUser(app)
  const logins = []
  for (let i = 0; i < 5; i++) logins.unshift(await logIn(app, user))
  const token = logins[0]?.token ?? ''
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const query = new URLSearchParams({ limit: '2', ...(cursor && { cursor }) })
    const page = (await call(app, 'GET', `/users/v1/sessions?${query}`, { token })).json()
    t.ok(page.results.length <= 2)
    seen.push(...page.results.map(({ id }: { id: string }) => id))
    cursor = page.next_cursor
  }
  t.same(
    seen,
    logins.map(each => sessionId(each.token)),
  )
  t.equal((await call(app, 'GET', '/users/v1/sessions?limit=101', { token })).statusCode, 400)
  t.equal((await idsOf(app, token, '?limit=100')).length, 5)
})

t.test(`disabling a user of ${MANY} sessions is a handful of statements and one message`, async t => {
  const app = await build(t, { REVOCATION_SYNC_SECONDS: '3600', REVOCATION_MAX_STALENESS_SECONDS: '7200' })
  const victim = await logIn(app)
  const { token } = await administrator(app)
  const ids = await openMany(app, victim.user_id)
  const published = app.redis.holocron && t.capture(app.redis.holocron, 'publish', app.redis.holocron.publish)
  const disable = async () => {
    const response = await call(app, 'PATCH', `/users/v1/${victim.user_id}`, { token, payload: { disabled: true } })
    t.equal(outcome(response), '200')
  }
  const statements = await countStatements(app, /sessions|audit_events/, disable)
  t.ok(statements <= 10, `${statements} statements`)
  // What other processes are told of events is said on a channel of its own.
  const revocations = published?.().filter(({ args: [channel] }) => !String(channel).endsWith('changes'))
  t.equal(revocations?.length ?? 1, 1)
  t.ok(ids.every(id => isRevoked(app, id, 1)))
  const live = await app.db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', victim.user_id)
    .where('revoked_at', 'is', null)
    .execute()
  t.same(live, [])
  const { results } = (await call(app, 'GET', `/users/v1/${victim.user_id}/events`, { token })).json()
  t.equal(results.length, 20)
})

t.test('the sessions of a user who had more than SESSIONS_MAX before end with the next login', async t => {
  const app = await build(t)
  const user = await verifiedUser(app)
  const { user_id } = await logIn(app, user)
  const ids = await openMany(app, user_id)
  const { token } = await logIn(app, user)
  const live = await idsOf(app, token, '?limit=100')
  t.equal(live.length, 100)
  t.equal(ids.filter(id => isRevoked(app, id, 1)).length, MANY - 98)
})

t.test('the session that a login opens is never the one that ends, whatever the clocks of others say', async t => {
  const app = await build(t, { SESSIONS_MAX: '1' })
  const user = await verifiedUser(app)
  const rotating = await logIn(app, user)
  await age(app, rotating.token, -60_000)
  const opened = await logIn(app, user)
  t.equal(outcome(await readFilms(app, opened.token)), '200')
  t.ok(await dead(app, rotating))
})
