import { randomUUIDv7 } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, environment, logIn, mailedToken, newEmail, PASSWORD } from '../../support/app.ts'

const DAY = 86_400_000
const long_ago = Date.now() - 400 * DAY

const rows = async (
  app: FastifyInstance,
  table: 'sessions' | 'one_time_tokens' | 'outbox' | 'audit_events' | 'used_challenges' | 'email_changes',
) =>
  Number(
    (
      await app.db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
    ).n,
  )

/** As if the last run were long ago. */
const freeLease = (app: FastifyInstance) => app.db.updateTable('leases').set({ leased_until: 0 }).execute()

t.test('expired sessions, tokens, mails and audit events are deleted', async t => {
  const app = await build(t)
  await logIn(app)
  await app.db.updateTable('sessions').set({ revoked_at: long_ago }).execute()
  t.equal(await rows(app, 'one_time_tokens'), 1, 'the link that verified the address')
  await app.db.updateTable('one_time_tokens').set({ expires_at: long_ago }).execute()
  await app.db.updateTable('outbox').set({ outcome: 'sent', finished_at: long_ago }).execute()
  await app.db.updateTable('audit_events').set({ created_at: long_ago }).execute()

  t.ok((await app.cleanUp.run()) >= 4)
  for (const table of ['sessions', 'one_time_tokens', 'outbox', 'audit_events'] as const)
    t.equal(await rows(app, table), 0, table)
})

t.test('a used challenge is kept beyond its expiry, for as long as clocks may differ, and then deleted', async t => {
  const app = await build(t)
  const row = (id: string, expires_at: number) =>
    app.db.insertInto('used_challenges').values({ id, expires_at }).execute()
  await row('a', long_ago)
  await row('b', Date.now() - 3_600_000)
  await app.cleanUp.run()
  t.equal(await rows(app, 'used_challenges'), 1)
})

t.test('what is live, waiting or just ended is kept', async t => {
  const app = await build(t)
  const user = await logIn(app)
  const ended = await logIn(app)
  await call(app, 'POST', '/users/v1/logout', { token: ended.token })
  const before = await Promise.all([rows(app, 'sessions'), rows(app, 'outbox'), rows(app, 'audit_events')])
  await app.cleanUp.run()
  t.same(await Promise.all([rows(app, 'sessions'), rows(app, 'outbox'), rows(app, 'audit_events')]), before)
  t.equal((await call(app, 'POST', '/users/v1/generate_tokens', { token: user.refresh_token })).statusCode, 200)
})

/** Requests a change of e-mail, dated back by some days. Resolves to the mailed token. */
async function requestChange(app: FastifyInstance, email: string, days: number): Promise<string> {
  const { token } = await logIn(app)
  await call(app, 'POST', '/users/v1/email', { token, payload: { email, password: PASSWORD } })
  const mailed = await mailedToken(app, email)
  await app.db
    .updateTable('email_changes')
    .set({ created_at: Date.now() - days * DAY })
    .where('new_email', '=', email)
    .execute()
  return mailed
}

t.test('a pending change of e-mail is kept for as long as its link works, and then deleted', async t => {
  const app = await build(t, { EMAIL_TOKEN_TTL_SECONDS: String(30 * 86_400) })
  const token = await requestChange(app, newEmail(), 29)
  await requestChange(app, newEmail(), 33)
  await app.cleanUp.run()
  t.equal(await rows(app, 'email_changes'), 1)
  t.equal((await call(app, 'POST', '/users/v1/email_verification', { payload: { token } })).statusCode, 200)
})

t.test('a session whose refresh token still works is kept, however old it is', async t => {
  const app = await build(t)
  const { refresh_token } = await logIn(app)
  await app.db.updateTable('sessions').set({ created_at: long_ago }).execute()
  await app.cleanUp.run()
  t.equal((await call(app, 'POST', '/users/v1/generate_tokens', { token: refresh_token })).statusCode, 200)
})

t.test('more than a batch is deleted in one run', async t => {
  const app = await build(t)
  const { user_id } = await logIn(app)
  const event = {
    user_id,
    kind: 'logged-in',
    session_id: null,
    user_agent: null,
    ip: null,
    created_at: long_ago,
  } as const
  await app.db
    .insertInto('audit_events')
    .values(Array.from({ length: 1200 }, () => ({ id: randomUUIDv7(), ...event })))
    .execute()
  t.equal(await app.cleanUp.run(), 1200)
})

t.test('one process at a time runs the clean-up; the lease of one that crashed expires', async t => {
  const env = await environment(t)
  const [here, there] = [await build(t, env), await build(t, env)]
  await here.cleanUp.run()
  await here.db.updateTable('audit_events').set({ created_at: long_ago }).execute()
  await logIn(here)
  await here.db.updateTable('audit_events').set({ created_at: long_ago }).execute()

  await here.db
    .updateTable('leases')
    .set({ leased_until: Date.now() + DAY })
    .execute()
  t.equal(await there.cleanUp.run(), 0, 'somebody else is at it')
  await here.db
    .updateTable('leases')
    .set({ leased_until: Date.now() - 1 })
    .execute()
  t.ok((await there.cleanUp.run()) > 0, 'the lease has ended')
  await freeLease(here)
})

t.test('of two processes that start at the same time, one does the work', async t => {
  const env = await environment(t)
  const [here, there] = [await build(t, env), await build(t, env)]
  await logIn(here)
  await here.db.updateTable('audit_events').set({ created_at: long_ago }).execute()
  const counts = await Promise.all([here.cleanUp.run(), there.cleanUp.run()])
  t.equal(counts.filter(count => count > 0).length, 1)
})

t.test(
  'a job runs again until it has nothing left, and one that fails does not keep the others from running',
  async t => {
    const logs: string[] = []
    const left = [2, 1, 0]
    const app = await build(t, { LOG_LEVEL: 'warn' }, { write: line => logs.push(line) })
    app.cleanUp.add({ name: 'broken', run: () => Promise.reject(new Error('broken job')) })
    app.cleanUp.add({ name: 'countdown', run: async () => left.shift() ?? 0 })
    t.equal(await app.cleanUp.run(), 3)
    t.same(left, [])
    const failures = logs.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'clean-up job failed')
    t.match(failures, [{ job: 'broken', err: { message: 'broken job' } }])
    t.equal(failures.length, 1)
  },
)
