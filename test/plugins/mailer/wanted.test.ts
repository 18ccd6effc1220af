import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { transaction } from '#sql/connection/transaction.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { addMail } from '#sql/outbox.ts'
import { deleteUser } from '#sql/user-deletion.ts'
import { call, NO_CLIENT, newEmail } from '../../support/app.ts'
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
  'the account is disabled': (app, { user_id }) =>
    app.db.updateTable('users').set({ disabled: 1 }).where('id', '=', user_id).execute(),
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
  t.equal((await verify(first)).statusCode, 200, 'the link of the older mail works too')
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

t.test('threat: a link that was requested while the account was disabled works after it is enabled again', async t => {
  const { app, smtp } = await setUp(t)
  const { user_id, mail_id } = await signUp(app)
  await app.db
    .updateTable('outbox')
    .set({ template: 'password-forgotten', created_at: Date.now() - 1 })
    .where('id', '=', mail_id)
    .execute()
  for (const kind of ['disabled', 'enabled'] as const)
    await app.accounts.change(user_id, NO_CLIENT, async (tx, _user, effects) => {
      await effects.auditEvent(kind)
      await invalidateEmailTokens(tx, user_id)
    })
  await work(app)
  const last_error = 'the account has changed since the mail was requested'
  t.match(await readMail(app, mail_id), { outcome: 'dropped', last_error })
  t.equal(smtp.mails.length, 0)
})

t.test(
  'threat: somebody floods a mailbox with requests; it gets five mails within the hour, and their links work',
  async t => {
    const { app, smtp } = await setUp(t)
    const { email } = await signUp(app)
    for (let i = 0; i < 20; i++) await promiseMail(app, { recipient: email })
    await work(app)
    t.ok(smtp.mails.length >= 1 && smtp.mails.length <= 5, `${smtp.mails.length} mails`)
    for (const mail of smtp.mails) {
      const payload = { token: tokenIn(mail.email.text) }
      t.equal((await call(app, 'POST', '/users/v1/email_verification', { payload })).statusCode, 200)
    }
  },
)

t.test('threat: deleting the account and signing up again resets the limit of its mailbox', async t => {
  const { app, smtp } = await setUp(t)
  const email = newEmail()
  for (let i = 0; i < 8; i++) {
    const { user_id } = await signUp(app, email)
    await promiseMail(app, { recipient: email })
    await work(app)
    await transaction(app.db, tx => deleteUser(tx, user_id))
  }
  t.equal(smtp.mails.length, 5)
  const rows = await app.db.selectFrom('outbox').selectAll().execute()
  t.notMatch(JSON.stringify(rows), email, 'of the deleted account only a hash is left')
  // As the clean-up will see it an hour later.
  const expired = Date.now() - 7 * 24 * HOUR + HOUR
  t.ok(rows.every(({ finished_at }) => finished_at !== null && finished_at <= expired))
})

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
    .set({ template: 'password-forgotten', due_at: Date.now() + HOUR })
    .execute()
  // In another millisecond than the first: ids tell the newer by the clock.
  const later = `${'f'.repeat(8)}${mail_id.slice(8)}`
  await promiseMail(app, { recipient: email, template: 'password-forgotten' })
  await app.db.updateTable('outbox').set({ id: later }).where('id', '!=', mail_id).execute()
  await work(app)
  await app.db.updateTable('outbox').set({ due_at: 0 }).where('id', '=', mail_id).execute()
  await work(app)
  t.match(await readMail(app, mail_id), {
    outcome: 'dropped',
    last_error: 'a newer mail is under way, or the account has changed',
  })
  t.equal(smtp.mails.length, 1)
  const payload = { token: tokenIn(smtp.mails[0]?.email.text), new_password: 'Bespin1980' }
  t.equal((await call(app, 'POST', '/users/v1/password_reset', { payload })).statusCode, 200)
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
