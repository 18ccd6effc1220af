import { Redis } from 'ioredis'
import t from 'tap'
import { build, call, environment, logIn, REAL } from '../../../support/app.ts'
import { age, dead, nextTokens, outcome, readFilms, reuseEvents, rotate, sessionOf } from '../../../support/session.ts'

const GRACE_IS_OVER = 10_001

t.test('a stolen refresh token, used after the grace period, is rejected and revokes the session', async t => {
  const app = await build(t)
  const first = await logIn(app)
  const second = await nextTokens(app, first.refresh_token)
  await age(app, second.token, GRACE_IS_OVER)

  const theft = await call(app, 'POST', '/users/v1/generate_tokens', {
    token: first.refresh_token,
    headers: { 'user-agent': 'thief/1.0' },
  })
  t.equal(outcome(theft), '401 token-invalid')
  t.equal(typeof (await sessionOf(app, first.token)).revoked_at, 'number')
  t.match(await reuseEvents(app, first.token), [
    { kind: 'refresh-token-reused', user_id: first.user_id, user_agent: 'thief/1.0', ip: '127.0.0.1' },
  ])
  t.ok(await dead(app, second), "the rightful owner's tokens are dead too: nobody knows who is who")
  t.equal((await reuseEvents(app, first.token)).length, 1, 'the event is written once')
})

t.test('a token two generations old is reuse even within the grace period', async t => {
  const app = await build(t)
  const first = await logIn(app)
  const second = await nextTokens(app, first.refresh_token)
  const third = await nextTokens(app, second.refresh_token)
  t.equal(outcome(await rotate(app, first.refresh_token)), '401 token-invalid')
  t.equal((await reuseEvents(app, first.token)).length, 1)
  t.ok(await dead(app, third))
})

t.test('reuse revokes its own session only', async t => {
  const app = await build(t)
  const stolen = await logIn(app)
  const payload = { email: stolen.email, password: 'Alderaan1977' }
  const other = await logIn(app, payload)
  await nextTokens(app, (await nextTokens(app, stolen.refresh_token)).refresh_token)
  t.equal(outcome(await rotate(app, stolen.refresh_token)), '401 token-invalid')
  t.equal(outcome(await readFilms(app, other.token)), '200')
  t.equal(outcome(await rotate(app, other.refresh_token)), '200')
})

t.test('revocation and audit event are one transaction: if the event cannot be written, the session lives', async t => {
  const app = await build(t)
  const first = await logIn(app)
  const second = await nextTokens(app, first.refresh_token)
  await age(app, second.token, GRACE_IS_OVER)
  await app.db.schema.alterTable('audit_events').renameTo('audit_events_away').execute()
  t.equal((await rotate(app, first.refresh_token)).statusCode, 500)
  t.equal((await sessionOf(app, first.token)).revoked_at, null)
  t.equal(outcome(await readFilms(app, second.token)), '200')

  await app.db.schema.alterTable('audit_events_away').renameTo('audit_events').execute()
  t.equal(outcome(await rotate(app, first.refresh_token)), '401 token-invalid')
  t.ok(await dead(app, second))
})

t.test('a stolen refresh token is refused after a restart as well', async t => {
  const env = await environment(t)
  const before = await build(t, env)
  const first = await logIn(before)
  const second = await nextTokens(before, first.refresh_token)
  await age(before, second.token, GRACE_IS_OVER)
  await before.close()

  const after = await build(t, env)
  t.equal(outcome(await rotate(after, first.refresh_token)), '401 token-invalid')
  t.ok(await dead(after, second))
  await after.close()

  const later = await build(t, env)
  t.ok(await dead(later, second), 'what was revoked stays so over another restart')
  t.ok(await dead(later, first))
})

t.test('a stolen refresh token is rejected even after Redis was flushed', { skip: !REAL && 'no Redis' }, async t => {
  const env = await environment(t)
  const app = await build(t, env)
  const first = await logIn(app)
  const second = await nextTokens(app, first.refresh_token)
  await age(app, second.token, GRACE_IS_OVER)
  await forgetAll(env.REDIS_URL ?? '', env.REDIS_PREFIX ?? '')
  t.equal(outcome(await rotate(app, first.refresh_token)), '401 token-invalid')
  await forgetAll(env.REDIS_URL ?? '', env.REDIS_PREFIX ?? '')
  t.ok(await dead(app, second))
})

/** As FLUSHALL, for this service's keys: the server is shared. */
async function forgetAll(url: string, prefix: string): Promise<void> {
  const redis = new Redis(url)
  const keys = await redis.keys(`${prefix}*`)
  if (keys.length > 0) await redis.del(keys)
  redis.disconnect()
}
