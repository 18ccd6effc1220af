import t from 'tap'
import type { MailTemplate } from '#sql/outbox.ts'
import { administrator, build, call, codeOf, logIn, newEmail } from '../../support/app.ts'
import { expectError } from '../../support/error-response.ts'
import { park, readMail, signUp } from '../../support/mailer.ts'
import { subjectsTo } from '../../support/mails.ts'
import { beforeNextTransaction } from '../../support/transactions.ts'

interface Mail {
  id: string
  recipient: string
}
interface Page {
  results: Mail[]
  next_cursor: string | null
}

const URL = '/mails/v1/'
const app = await build(t)
const admin = await administrator(app)

const get = (url: string, query: Record<string, string> = {}) => call(app, 'GET', url, { token: admin.token, query })
const post = (url: string) => call(app, 'POST', url, { token: admin.token })

/** An unverified user, and the parked mail that should have verified the address. */
async function parked() {
  const user = await signUp(app)
  await app.db.deleteFrom('outbox').where('id', '=', user.mail_id).execute()
  return { ...user, mail_id: await park(app, { user_id: user.user_id, recipient: user.email }) }
}

t.afterEach(async () => {
  await app.mailer.idle()
  await app.db.deleteFrom('outbox').execute()
})

t.test(
  'parked mails are listed by pages, those given up first coming first, without what waits or was sent',
  async t => {
    const ids = [(await parked()).mail_id, (await parked()).mail_id, (await parked()).mail_id]
    // All at once, as when a server was away.
    await app.db.updateTable('outbox').set({ due_at: Date.now() }).execute()
    await signUp(app)
    const first = (await get(URL, { limit: '2' })).json<Page>()
    const second = (await get(URL, { limit: '2', cursor: first.next_cursor ?? '' })).json<Page>()
    t.same(
      [...first.results, ...second.results].map(({ id }) => id),
      ids.toSorted(),
    )
    t.equal(second.next_cursor, null)
    t.match(first.results[0], { template: 'email-verification', attempts: 1, error: '550 no such mailbox' })
  },
)

t.test('a cursor that this list did not issue is rejected', async t => {
  for (const cursor of ['eA', 'MTEzOA', Buffer.from('9'.repeat(20)).toString('base64url')])
    expectError(t, await get(URL, { cursor }), 400, 'request-invalid', { field: 'cursor' })
})

t.test('a mail is read without its link, and no link is made for it', async t => {
  const { mail_id, user_id, email } = await parked()
  const mail = (await get(`${URL}${mail_id}`)).json()
  t.match(mail, { id: mail_id, recipient: email, subject: /\w/, text: /…/, obsolete: null })
  t.notMatch(mail.text, /https?:|token=/)
  const tokens = app.db.selectFrom('one_time_tokens').where('user_id', '=', user_id)
  t.same(await tokens.selectAll().execute(), [])
})

t.test('a mail for a new password is read without its code', async t => {
  const { user_id, email } = await parked()
  const id = await park(app, { user_id, recipient: email, template: 'password-forgotten' })
  t.notMatch((await get(`${URL}${id}`)).json().text, /\d{6}|https?:/)
})

t.test('a mail of another version can be read about, if not read', async t => {
  const { user_id, email } = await parked()
  const id = await park(app, { user_id, recipient: email, template: 'from-the-future' as MailTemplate })
  const response = await get(`${URL}${id}`)
  t.equal(response.statusCode, 200)
  t.match(response.json(), { template: 'from-the-future', subject: null, text: null, obsolete: null, error: String })
})

t.test('a mail that is no longer wanted says why', async t => {
  const { mail_id, user_id } = await parked()
  await app.db.updateTable('users').set({ email_verified: 1 }).where('id', '=', user_id).execute()
  t.match((await get(`${URL}${mail_id}`)).json(), {
    subject: null,
    text: null,
    obsolete: 'the e-mail address is verified already',
  })
})

t.test('a retried mail is sent, and the history of its user says who wanted it', async t => {
  const { mail_id, user_id, email } = await parked()
  const other = await parked()
  t.same((await post(`${URL}${mail_id}/retry`)).json(), { status: 'ok' })
  await app.mailer.idle()
  t.match(await readMail(app, mail_id), { outcome: 'sent' })
  t.match(await readMail(app, other.mail_id), { outcome: 'parked' })
  t.equal((await subjectsTo(app, email)).length, 1)
  const { results } = (await get(`/users/v1/${user_id}/events`)).json()
  t.match(results, [{ kind: 'mail-retried', user_id, actor_id: admin.user_id }])
  expectError(t, await post(`${URL}${mail_id}/retry`), 404, 'not-found')
})

t.test('all are retried at once, also those to an address alone', async t => {
  const mails = [await parked(), await parked()]
  const unknown = await park(app, { recipient: newEmail() })
  t.same((await post(`${URL}retry`)).json(), { retried: 3, parked: 0 })
  await app.mailer.idle()
  for (const { mail_id } of mails) t.match(await readMail(app, mail_id), { outcome: 'sent' })
  t.match(await readMail(app, unknown), { outcome: 'dropped', last_error: 'no such account' })
  t.same((await post(`${URL}retry`)).json(), { retried: 0, parked: 0 })
})

t.test('a mail that another request retried meanwhile is neither counted nor recorded twice', async t => {
  const [first, second] = [await parked(), await parked()]
  beforeNextTransaction(t, app, () => post(`${URL}${first.mail_id}/retry`))
  t.same((await post(`${URL}retry`)).json(), { retried: 1, parked: 0 })
  for (const { user_id } of [first, second]) {
    const { results } = (await get(`/users/v1/${user_id}/events`)).json()
    t.equal(results.length, 1)
  }
})

t.test('only administrators read and retry mails', async t => {
  const { token } = await logIn(app)
  const { mail_id } = await parked()
  for (const [method, url] of [
    ['GET', URL],
    ['GET', `${URL}${mail_id}`],
    ['POST', `${URL}${mail_id}/retry`],
    ['POST', `${URL}retry`],
  ] as const) {
    expectError(t, await call(app, method, url, { token }), 403, 'forbidden')
    t.equal(codeOf(await call(app, method, url)), 'authorisation-required')
  }
  t.match(await readMail(app, mail_id), { outcome: 'parked' })
})
