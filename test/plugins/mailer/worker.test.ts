import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import t from 'tap'
import { claimMail, listDueMails, type Mail, outboxDepth, postponeMail } from '#sql/outbox.ts'
import { build, environment, REAL } from '../../support/app.ts'
import { DAY, readMail, setUp, signUp, untilDue, work } from '../../support/mailer.ts'
import { startSmtp } from '../../support/smtp.ts'

async function firstDue(app: FastifyInstance): Promise<Mail> {
  const [mail] = await listDueMails(app.db, Date.now(), 1)
  if (!mail) throw new Error('no mail is due')
  return mail
}

t.test('a mail queued without a wake-up is found by the next poll', async t => {
  const { app, smtp } = await setUp(t, { MAIL_POLL_SECONDS: '1' })
  const { email } = await signUp(app)
  t.same((await smtp.received(1))[0]?.recipients, [email])
})

t.test('mails left by an earlier process are sent at the start', async t => {
  const smtp = await startSmtp(t)
  const env = await environment(t, { SMTP_URL: smtp.url })
  await smtp.stop()
  const earlier = await build(t, env)
  const { email } = await signUp(earlier)
  await earlier.close()
  await smtp.start()
  await build(t, env)
  t.same((await smtp.received(1))[0]?.recipients, [email])
})

t.test('five mails are sent concurrently, and no more are claimed', async t => {
  const { app, smtp } = await setUp(t)
  const five = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  let now = 0
  let most = 0
  smtp.script = {
    async acknowledge() {
      most = Math.max(most, ++now)
      if (now === 5) five.resolve()
      await goOn.promise
      now--
    },
  }
  for (let i = 0; i < 13; i++) await signUp(app)
  app.mailer.wake()
  await five.promise
  const claimed = await app.db.selectFrom('outbox').select('id').where('attempts', '>', 0).execute()
  t.equal(claimed.length, 5)
  goOn.resolve()
  await app.mailer.idle()
  t.equal(most, 5)
  t.equal(smtp.mails.length, 13)
})

// The embedded profile is one process.
t.test('two processes on one database send every mail once', { skip: !REAL }, async t => {
  const smtp = await startSmtp(t)
  const env = await environment(t, { SMTP_URL: smtp.url })
  const one = await build(t, env)
  const other = await build(t, env)
  const users = []
  for (let i = 0; i < 40; i++) users.push(await signUp(one))
  await Promise.all([work(one), work(other)])
  t.same(smtp.mails.flatMap(mail => mail.recipients).sort(), users.map(user => user.email).sort())
})

t.test('of concurrent claims of a mail, one succeeds', async t => {
  const { app } = await setUp(t)
  await signUp(app)
  const seen = await firstDue(app)
  const claims = await Promise.all(Array.from({ length: 10 }, (_, i) => claimMail(app.db, seen, Date.now() + DAY + i)))
  t.equal(claims.filter(Boolean).length, 1)
})

t.test("a killed worker's mail waits for its claim to expire, and is taken over", async t => {
  const { app, smtp } = await setUp(t)
  const { mail_id } = await signUp(app)
  const seen = await firstDue(app)
  await claimMail(app.db, seen, Date.now() + DAY)
  await work(app)
  t.equal(smtp.mails.length, 0, 'the claim holds')

  await untilDue(app)
  await work(app)
  t.equal(smtp.mails.length, 1)
  t.match(await readMail(app, mail_id), { outcome: 'sent', attempts: 2 })
})

t.test('a claim outlasts the sending by 90 seconds', async t => {
  const { app, smtp } = await setUp(t)
  const held = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  smtp.script = {
    acknowledge() {
      arrived.resolve()
      return held.promise
    },
  }
  const { mail_id } = await signUp(app)
  app.mailer.wake()
  await arrived.promise
  const claim = (await readMail(app, mail_id)).due_at - Date.now()
  t.ok(claim > 140_000 && claim <= 150_000, `${claim} ms`)
  held.resolve()
  await app.mailer.idle()
})

t.test('a worker whose claim has expired cannot defer a mail that another has claimed', async t => {
  const { app } = await setUp(t)
  await signUp(app)
  const slow = await claimMail(app.db, await firstDue(app), Date.now() - 1)
  const quick = await claimMail(app.db, await firstDue(app), Date.now() + DAY)
  if (!slow || !quick) throw new Error('not claimed')
  await postponeMail(app.db, slow, 0, 'too late')
  t.match(await readMail(app, quick.id), { due_at: quick.due_at, last_error: null })
})

t.test('a database failure is logged and retried', async t => {
  const lines: string[] = []
  const { app, smtp } = await setUp(t, { LOG_LEVEL: 'error' }, { write: line => lines.push(line) })
  await signUp(app)
  await sql`ALTER TABLE outbox RENAME TO outbox_away`.execute(app.db)
  await work(app)
  t.match(lines.join(''), 'outbox unavailable')
  await sql`ALTER TABLE outbox_away RENAME TO outbox`.execute(app.db)
  await work(app)
  t.equal(smtp.mails.length, 1)
})

t.test('a mail sent while the database went down is recorded when it is back, and not sent again', async t => {
  const failed = Promise.withResolvers<void>()
  const log = { write: (line: string) => /mail sent but not recorded/.test(line) && failed.resolve() }
  const { app, smtp } = await setUp(t, { LOG_LEVEL: 'warn' }, log)
  const { mail_id } = await signUp(app)
  smtp.script = {
    acknowledge: async () => void (await sql`ALTER TABLE outbox RENAME TO outbox_away`.execute(app.db)),
  }
  app.mailer.wake()
  await failed.promise
  await sql`ALTER TABLE outbox_away RENAME TO outbox`.execute(app.db)
  await app.mailer.idle()
  t.match(await readMail(app, mail_id), { outcome: 'sent', attempts: 1 })
  t.equal(smtp.mails.length, 1)
})

t.test('a stopping process finishes the deliveries in flight, and claims no more', async t => {
  const { app, smtp } = await setUp(t)
  const held = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  smtp.script = {
    acknowledge() {
      arrived.resolve()
      return held.promise
    },
  }
  await signUp(app)
  app.mailer.wake()
  await arrived.promise
  const closed = app.close()
  held.resolve()
  await closed
  t.equal(smtp.mails.length, 1)
})

t.test('a stopping process aborts a delivery that hangs, and the mail stays in the outbox', async t => {
  const smtp = await startSmtp(t)
  const env = await environment(t, { SMTP_URL: smtp.url })
  const app = await build(t, env)
  // Before there is a mail: it would try that one again at its start.
  const next = await build(t, env)
  const stuck = Promise.withResolvers<void>()
  smtp.script = {
    recipient() {
      stuck.resolve()
      return new Promise(() => {})
    },
  }
  const { mail_id } = await signUp(app)
  app.mailer.wake()
  await stuck.promise
  await app.close()
  smtp.script = {}
  t.match(await readMail(next, mail_id), { outcome: null, attempts: 1, last_error: 'Message sending aborted' })
  await untilDue(next)
  await work(next)
  t.equal((await readMail(next, mail_id)).outcome, 'sent')
})

t.test('the depth of the outbox: how many wait, and since when', async t => {
  const { app, smtp } = await setUp(t)
  t.same(await outboxDepth(app.db), { waiting: 0, oldest_created_at: null, parked: 0 })
  await smtp.stop()
  const first = await signUp(app)
  await signUp(app)
  const { created_at } = await readMail(app, first.mail_id)
  t.same(await outboxDepth(app.db), { waiting: 2, oldest_created_at: created_at, parked: 0 })
  await smtp.start()
  await work(app)
  await untilDue(app)
  await work(app)
  t.same(await outboxDepth(app.db), { waiting: 0, oldest_created_at: null, parked: 0 })
})
