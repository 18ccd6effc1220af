import { mock } from 'node:test'
import { Redis } from 'ioredis'
import t from 'tap'
import { changedSessions } from '#sql/session-changes.ts'
import { build, environment, logIn, REAL } from '../../../support/app.ts'
import { dead, isRevoked, logOut, nextTokens, outcome, readFilms, sessionId } from '../../../support/session.ts'
import { until } from '../../../support/until.ts'

const session = {
  user_id: 1,
  created_at: 0,
  rotated_at: 0,
  expires_at: 0,
  revoked_at: null,
  user_agent: null,
  ip: null,
}

t.test('messages out of order never lower a generation', async t => {
  const app = await build(t)
  await app.revocations.publish('one', 5)
  await app.revocations.publish('one', 3)
  t.equal(isRevoked(app, 'one', 4), true)
  t.equal(isRevoked(app, 'one', 5), false)
  await app.revocations.publish('two', Infinity)
  await app.revocations.publish('two', 2)
  t.equal(isRevoked(app, 'two', 1_000_000), true)
  t.equal(isRevoked(app, 'three', 1), false)
})

t.test('messages out of order, or malformed, never make a token valid again', { skip: !REAL }, async t => {
  const env = await environment(t)
  const app = await build(t, env)
  const redis = new Redis(env.REDIS_URL ?? '')
  t.teardown(() => redis.disconnect())
  const publish = (message: string) => redis.publish(`${env.REDIS_PREFIX}revocations`, message)
  const messages = [
    'one 5',
    'one 3',
    'one',
    'one NaN',
    'one -1',
    'one 1e400x',
    '',
    ' ',
    'one 4 9',
    'two Infinity',
    'two 2',
  ]
  for (const message of messages) await publish(message)
  await publish('end 2')
  await until(() => isRevoked(app, 'end', 1))
  t.equal(isRevoked(app, 'one', 4), true)
  t.equal(isRevoked(app, 'one', 5), false)
  t.equal(isRevoked(app, 'two', 1_000_000), true)
  t.equal(app.revocations.size(), 3)
})

t.test('an entry is dropped once no token of it can be valid, and not before', async t => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const app = await build(t, { ACCESS_TOKEN_TTL_SECONDS: '600' })
  const alive = (600 + 60) * 1000
  await app.revocations.publish('early', 2)
  mock.timers.tick(alive)
  await app.revocations.publish('late', 2)
  mock.timers.tick(alive)
  t.equal(isRevoked(app, 'late', 1), true)
  mock.timers.tick(alive)
  mock.timers.tick(alive)
  t.equal(isRevoked(app, 'early', 1), false)
  t.equal(isRevoked(app, 'late', 1), false)
  t.equal(app.revocations.size(), 0)
})

t.test('a restarted process knows the revocations of before from its first request on', async t => {
  const env = await environment(t)
  const before = await build(t, env)
  const loggedOut = await logIn(before)
  const rotated = await logIn(before)
  const successor = await nextTokens(before, rotated.refresh_token)
  await logOut(before, loggedOut.token)
  await before.close()

  const after = await build(t, env)
  t.equal(outcome(await readFilms(after, loggedOut.token)), '401 token-invalid')
  t.equal(outcome(await readFilms(after, rotated.token)), '401 token-invalid')
  t.equal(outcome(await readFilms(after, successor.token)), '200')
  t.ok(await dead(after, loggedOut))
})

t.test('a process that was frozen accepts nothing before it has synchronized', async t => {
  const app = await build(t, { REVOCATION_SYNC_SECONDS: '1', REVOCATION_MAX_STALENESS_SECONDS: '2' })
  const { token } = await logIn(app)
  t.equal(outcome(await readFilms(app, token)), '200')
  // Somebody else ends the session; nothing of it is told here.
  const now = Date.now()
  await app.db
    .updateTable('sessions')
    .set({ revoked_at: now, changed_at: now })
    .where('id', '=', sessionId(token))
    .execute()
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2100)
  t.equal(outcome(await readFilms(app, token)), '503 service-unavailable')
  await until(async () => outcome(await readFilms(app, token)) === '401 token-invalid')
})

t.test(
  'a token of a time when ACCESS_TOKEN_TTL_SECONDS was longer, logged out, does not come back to life',
  async t => {
    const env = await environment(t)
    const before = await build(t, { ...env, ACCESS_TOKEN_TTL_SECONDS: '7200' })
    const user = await logIn(before)
    const { iss: _iss, aud: _aud, ...claims } = before.tokens.access.verify(user.token)
    await logOut(before, user.token)
    // An hour later.
    const token = before.tokens.access.sign({ ...claims, iat: claims.iat - 3600, exp: claims.exp - 3600 })
    await before.db
      .updateTable('sessions')
      .set(eb => ({ changed_at: eb('changed_at', '-', 3_600_000) }))
      .where('id', '=', sessionId(token))
      .execute()
    t.equal(outcome(await readFilms(before, token)), '401 token-invalid')
    await before.close()

    const after = await build(t, { ...env, ACCESS_TOKEN_TTL_SECONDS: '900' })
    t.equal(outcome(await readFilms(after, token)), '401 token-expired')
  },
)

t.test('changes are seen after the clock of the database was put back, or ahead, by 90 s', async t => {
  const app = await build(t)
  const { db, revocations } = app
  const now = Date.now()
  await revocations.sync()
  await db
    .insertInto('sessions')
    .values({ ...session, id: 'rotated', generation: 2, changed_at: now + 90_000 })
    .execute()
  await revocations.sync()
  t.equal(isRevoked(app, 'rotated', 1), true)

  await db.updateTable('sessions').set({ revoked_at: now, changed_at: now }).execute()
  await revocations.sync()
  t.equal(isRevoked(app, 'rotated', 2), true)
})

t.test('however many sessions changed, they are read page by page, and none is left out', async t => {
  const { db } = await build(t)
  const now = Date.now()
  const rows = Array.from({ length: 11 }, (_, i) => ({
    ...session,
    id: `s${i}`,
    generation: 2,
    // Many in the same millisecond.
    changed_at: now + Math.floor(i / 4),
  }))
  await db.insertInto('sessions').values(rows).execute()
  for (const page of [1, 3, 4, 11, 12]) {
    const pages = await Array.fromAsync(changedSessions(db, now - 60_000, page))
    t.same(
      pages
        .flat()
        .map(({ id }) => id)
        .sort(),
      rows.map(({ id }) => id).sort(),
      `pages of ${page}`,
    )
  }
})

t.test('a transaction that commits minutes after the time it wrote is heard of all the same', async t => {
  const app = await build(t, { REVOCATION_SYNC_SECONDS: '1' })
  await app.revocations.sync()
  const then = Date.now() - 5 * 60_000
  await app.db
    .insertInto('sessions')
    .values({ ...session, id: 'late', generation: 1, revoked_at: then, changed_at: then })
    .execute()
  await until(() => isRevoked(app, 'late', 1))
})

t.test('a transaction that commits seconds after the time it wrote is not missed', async t => {
  const app = await build(t)
  const { db, revocations } = app
  await revocations.sync()
  const then = Date.now() - 8000
  await db
    .insertInto('sessions')
    .values({ ...session, id: 'slow', generation: 1, revoked_at: then, changed_at: then })
    .execute()
  await revocations.sync()
  t.equal(isRevoked(app, 'slow', 1), true)
})
