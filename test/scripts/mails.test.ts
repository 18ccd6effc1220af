// Mails that were given up wait for an operator, who has mended what stopped them.
import t from 'tap'
import { build, environment, type Test } from '../support/app.ts'
import { DAY, promiseMail, readMail, signUp, untilDue, work } from '../support/mailer.ts'
import { run } from '../support/run-script.ts'
import { reply, startSmtp } from '../support/smtp.ts'

/** A service with mails that were given up, and whose server accepts them now. */
async function setUp(t: Test, count = 1) {
  const smtp = await startSmtp(t)
  const env = await environment(t, { SMTP_URL: smtp.url })
  const app = await build(t, env)
  const users = []
  for (let i = 0; i < count; i++) users.push(await signUp(app))
  smtp.script = { recipient: () => Promise.reject(reply(550, '5.1.1 no such mailbox')) }
  await work(app)
  smtp.script = {}
  return { app, smtp, users, mails: (...args: string[]) => run('mails.ts', args, env) }
}

t.test('parked mails are listed in one line each, without what a server may do to a terminal', async t => {
  const { app, users, mails } = await setUp(t, 2)
  await app.db.updateTable('outbox').set({ last_error: '550 5.1.1 no\u001b[2J such\r\nmailbox' }).execute()
  const lines = users.map(user => `${user.mail_id}  email-verification  ${user.email}  550 5.1.1 no [2J such mailbox`)
  const { code, out, err } = await mails()
  t.same({ code, err }, { code: 0, err: '' })
  t.same(out.trimEnd().split('\n').sort(), lines.sort())
})

t.test('--retry ID sends one, --retry all the others', async t => {
  const { app, smtp, users, mails } = await setUp(t, 3)
  t.match(await mails('--retry', users[1]?.mail_id ?? ''), { code: 0, out: 'Mails to be retried: 1\n' })
  await work(app)
  t.same(
    smtp.mails.map(mail => mail.recipients[0]),
    [users[1]?.email],
  )
  t.match(await mails('--retry', 'all'), { code: 0, out: 'Mails to be retried: 2\n' })
  await work(app)
  t.equal(smtp.mails.length, 3)
  t.match(await mails(), { code: 0, out: 'No mails are parked.\n' })
})

t.test('a retried mail that is older than a day gets more than one attempt', async t => {
  const { app, smtp, users, mails } = await setUp(t)
  const { mail_id } = users[0] ?? { mail_id: '' }
  await app.db
    .updateTable('outbox')
    .set({ created_at: Date.now() - 2 * DAY, attempts: 200 })
    .execute()
  await mails('--retry', 'all')
  smtp.script = { recipient: () => Promise.reject(reply(450, '4.2.0 greylisted')) }
  await work(app)
  t.match(await readMail(app, mail_id), { outcome: null, attempts: 1 })
  smtp.script = {}
  await untilDue(app)
  await work(app)
  t.match(await readMail(app, mail_id), { outcome: 'sent' })
})

t.test('threat: a retry revives a link that a change of the account has invalidated', async t => {
  const { app, smtp, users, mails } = await setUp(t)
  const user = users[0]
  const mail_id = await promiseMail(app, { template: 'password-forgotten', recipient: user?.email ?? '' })
  smtp.script = { recipient: () => Promise.reject(reply(550, '5.1.1 no such mailbox')) }
  await work(app)
  smtp.script = {}
  await app.db
    .updateTable('users')
    .set({ links_since: Date.now() + 1 })
    .execute()
  t.match(await mails('--retry', 'all'), { code: 0 })
  await work(app)
  t.match(await readMail(app, mail_id), { outcome: 'dropped', last_error: /has changed since/ })
  t.equal(smtp.mails.length, 0)
})

t.test('arguments that are not known, and mails that are not parked, change nothing', async t => {
  const { app, users, mails } = await setUp(t)
  const usage = 'Usage: npm run mails [-- --retry all|ID]\n'
  for (const args of [['all'], ['--retry'], ['--retry', ''], ['--retry', 'all', 'now']])
    t.same(await mails(...args), { code: 1, out: '', err: usage })
  t.same(await mails('--retry', 'x'), { code: 1, out: '', err: 'There is no parked mail x\n' })
  t.match(await mails('--help'), { code: 0, out: /^Usage: npm run mails/ })
  t.match(await readMail(app, users[0]?.mail_id ?? ''), { outcome: 'parked' })
})
