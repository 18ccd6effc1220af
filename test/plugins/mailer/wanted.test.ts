import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { transaction } from '#sql/connection/transaction.ts'
import { addMail } from '#sql/outbox.ts'
import { call, newEmail } from '../../support/app.ts'
import { promiseMail, readMail, setUp, signUp, tokenIn, work } from '../../support/mailer.ts'

const HOUR = 3_600_000

t.test('a mail whose transaction is rolled back is never sent', async t => {
  const { app, smtp } = await setUp(t)
  const failing = transaction(app.db, async tx => {
    await addMail(tx, { template: 'email-verification', user_id: null, recipient: 'ann@alderaan.example' })
    throw new Error('the account could not be written')
  })
  await t.rejects(failing)
  await work(app)
  t.equal((await app.db.selectFrom('outbox').select('id').execute()).length, 0)
  t.equal(smtp.mails.length, 0)
})

type User = Awaited<ReturnType<typeof signUp>>

const reasons: Record<string, (app: FastifyInstance, user: User) => Promise<unknown>> = {
  'no such account': (app, { user_id }) => app.db.deleteFrom('users').where('id', '=', user_id).execute(),
  'the e-mail address is verified already': (app, { user_id }) =>
    app.db.updateTable('users').set({ email_verified: 1 }).where('id', '=', user_id).execute(),
  "the account's e-mail address has changed": (app, { user_id }) =>
    app.db.updateTable('users').set({ email: newEmail() }).where('id', '=', user_id).execute(),
}

for (const [reason, happens] of Object.entries(reasons)) {
  t.test(`a mail that is no longer needed is dropped unsent: ${reason}`, async t => {
    const { app, smtp } = await setUp(t)
    const user = await signUp(app)
    await happens(app, user)
    await work(app)
    t.match(await readMail(app, user.mail_id), { outcome: 'dropped', last_error: reason, finished_at: Number })
    t.equal(smtp.mails.length, 0)
  })
}

t.test('a mail requested by e-mail alone goes to the account with that e-mail', async t => {
  const { app, smtp } = await setUp(t)
  const { email } = await signUp(app)
  await work(app)
  await promiseMail(app, { recipient: email })
  await work(app)
  t.same(
    smtp.mails.flatMap(mail => mail.recipients),
    [email, email],
  )
  const [first, second] = smtp.mails.map(mail => tokenIn(mail.email.text))
  const verify = (token = '') => call(app, 'POST', '/users/v1/email_verification', { payload: { token } })
  t.equal((await verify(first)).statusCode, 401, 'the newer mail voids the link of the older one')
  t.equal((await verify(second)).statusCode, 200)
})

t.test(
  'a mail to an unknown e-mail address is dropped, and so is one to an address that is verified already',
  async t => {
    const { app, smtp } = await setUp(t)
    const unknown = await promiseMail(app, { recipient: newEmail() })
    const { email, user_id, mail_id } = await signUp(app)
    await app.db.updateTable('users').set({ email_verified: 1 }).where('id', '=', user_id).execute()
    const proved = await promiseMail(app, { recipient: email })
    await work(app)
    for (const id of [unknown, proved, mail_id]) t.equal((await readMail(app, id)).outcome, 'dropped')
    t.equal(smtp.mails.length, 0)
  },
)

t.test(
  'threat: somebody floods a mailbox with requests; it gets five mails within the hour, and the last link works',
  async t => {
    const { app, smtp } = await setUp(t)
    const { email } = await signUp(app)
    for (let i = 0; i < 20; i++) await promiseMail(app, { recipient: email })
    await work(app)
    t.ok(smtp.mails.length >= 1 && smtp.mails.length <= 5, `${smtp.mails.length} mails`)
    const tokens = smtp.mails.map(mail => tokenIn(mail.email.text))
    const verified = []
    for (const token of tokens) {
      const response = await call(app, 'POST', '/users/v1/email_verification', { payload: { token } })
      if (response.statusCode === 200) verified.push(token)
    }
    t.equal(verified.length, 1)
  },
)

t.test('an hour later, the flooded mailbox gets mails again', async t => {
  const { app, smtp } = await setUp(t)
  const { email } = await signUp(app)
  for (let i = 0; i < 6; i++) {
    await promiseMail(app, { recipient: email })
    await work(app)
  }
  t.equal(smtp.mails.length, 5)
  await app.db
    .updateTable('outbox')
    .set({ created_at: Date.now() - HOUR })
    .execute()
  await promiseMail(app, { recipient: email })
  await work(app)
  t.equal(smtp.mails.length, 6)
})

t.test('a full mailbox does not delay mails to others', async t => {
  const { app, smtp } = await setUp(t)
  const { email } = await signUp(app)
  for (let i = 0; i < 6; i++) await promiseMail(app, { recipient: email })
  const other = await signUp(app)
  await work(app)
  t.equal((await readMail(app, other.mail_id)).outcome, 'sent')
  t.ok(smtp.mails.some(mail => mail.recipients[0] === other.email))
})

t.test('a late mail does not invalidate the link of a newer one', async t => {
  const { app, smtp } = await setUp(t)
  const { email, mail_id } = await signUp(app)
  await app.db
    .updateTable('outbox')
    .set({ due_at: Date.now() + HOUR })
    .execute()
  // In another millisecond than the first: ids tell the newer by the clock.
  const later = `${'f'.repeat(8)}${mail_id.slice(8)}`
  await promiseMail(app, { recipient: email })
  await app.db.updateTable('outbox').set({ id: later }).where('id', '!=', mail_id).execute()
  await work(app)
  await app.db.updateTable('outbox').set({ due_at: 0 }).where('id', '=', mail_id).execute()
  await work(app)
  t.match(await readMail(app, mail_id), { outcome: 'dropped', last_error: 'a newer mail is under way' })
  t.equal(smtp.mails.length, 1)
  const payload = { token: tokenIn(smtp.mails[0]?.email.text) }
  t.equal((await call(app, 'POST', '/users/v1/email_verification', { payload })).statusCode, 200)
})

t.test('a template of a newer version is left to the newer version', async t => {
  const { app, smtp } = await setUp(t)
  const { mail_id } = await signUp(app)
  await app.db
    .updateTable('outbox')
    .set({ template: 'from-the-future' as 'account-exists' })
    .execute()
  await work(app)
  t.match(await readMail(app, mail_id), { outcome: null, last_error: 'no such template: from-the-future' })
  t.equal(smtp.mails.length, 0)
})
