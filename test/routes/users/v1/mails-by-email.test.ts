// What asks for a mail by address alone tells nobody whether there is an account.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { build, call, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { mailsTo } from '../../../support/mails.ts'

/** Where the link leads that each of them mails. */
const LINKS = {
  '/users/v1/password_forgotten': '/users/v1/password_reset',
  '/users/v1/resend_verification_email': '/users/v1/email_verification',
}

const NO_ADDRESSES = [
  undefined,
  null,
  1,
  '',
  'leia',
  [newEmail()],
  { email: newEmail() },
  `${newEmail()}\r\nBcc: a@b.c`,
]

const app = await build(t)

for (const [url, link] of Object.entries(LINKS)) {
  const ask = (email: unknown, on = app) => call(on, 'POST', url, { payload: { email } })

  t.test(`${url}: the same answer for an unknown, unproved, proved and disabled address (enumeration)`, async t => {
    const addresses = [newEmail(), await signedUp(), (await verifiedUser(app)).email, await disabledUser()]
    const [first, ...others] = await Promise.all(addresses.map(email => ask(email)))
    t.equal(first?.statusCode, 200)
    for (const other of others) {
      t.equal(other.statusCode, first?.statusCode)
      t.equal(other.body, first?.body)
      t.same(Object.keys(other.headers), Object.keys(first?.headers ?? {}))
    }
  })

  t.test(`${url} reads nothing about the account, so that its time tells nothing (enumeration)`, async t => {
    const app = await build(t)
    const { email } = await verifiedUser(app)
    await app.mailer.idle()
    // The worker's own reading is no part of the request.
    app.mailer.wake = () => {}
    const known = await statementsOf(app, () => ask(email, app))
    t.same(await statementsOf(app, () => ask(newEmail(), app)), known)
    t.equal(known.length, 1)
    t.match(known[0], /^insert into .outbox/)
  })

  t.test(`${url} creates no account`, async t => {
    const email = newEmail()
    await ask(email)
    await app.mailer.idle()
    t.equal(await findUserByEmail(app.db, email), undefined)
  })

  t.test(`${url} rejects invalid e-mails`, async t => {
    for (const email of NO_ADDRESSES)
      expectError(t, await ask(email), 400, 'email-invalid', { in: 'body', field: 'email' })
    const extra = await call(app, 'POST', url, { payload: { email: newEmail(), to: newEmail() } })
    expectError(t, extra, 400, 'request-invalid', { in: 'body', field: 'to' })
  })

  t.test(`${url} beyond the budget: 429, which says which limit it was`, async t => {
    const app = await build(t, { AUTH_RATE_LIMIT_MAX: '2' })
    for (let i = 0; i < 2; i++) t.equal((await ask(newEmail(), app)).statusCode, 200)
    expectError(t, await ask(newEmail(), app), 429, 'too-many-requests', { limit: 'AUTH_RATE_LIMIT_MAX', max: 2 })
  })

  t.test(`${url}: forged forwarding headers never reach the mailed link (poisoned links)`, async t => {
    const email = await signedUp()
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
    await call(app, 'POST', url, { payload: { email }, headers })
    const [mail] = await mailsTo(app, email)
    t.match(mail?.text, `http://holocron.test${link}?token=`)
    t.notMatch(JSON.stringify(mail), 'evil')
  })
}

/** Signs up, and proves no address. */
async function signedUp(): Promise<string> {
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  await app.mailer.idle()
  return email
}

async function disabledUser(): Promise<string> {
  const { email } = await verifiedUser(app)
  await app.db.updateTable('users').set({ disabled: 1 }).where('email', '=', email).execute()
  return email
}

/** The SQL that a request runs, without its values. */
async function statementsOf(app: FastifyInstance, request: () => Promise<unknown>): Promise<string[]> {
  const provider = app.db.getExecutor()
  const run = provider.executeQuery
  const statements: string[] = []
  provider.executeQuery = function (this: typeof provider, query, ...rest) {
    statements.push(query.sql)
    return run.call(this, query, ...rest) as ReturnType<typeof run>
  } as typeof run
  await request()
  provider.executeQuery = run
  return statements
}
