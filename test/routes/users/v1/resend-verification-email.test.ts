import t from 'tap'
import { findUserByEmail } from '../../../../sql/users.ts'
import { refused } from '../../../answers.ts'
import { build, call, mailedToken, newEmail, PASSWORD, verifiedUser } from '../../../helper.ts'

const URL = '/users/v1/resend_verification_email'
const app = await build(t)

const ask = (email: unknown) => call(app, 'POST', URL, { payload: { email } })

async function signedUp(): Promise<string> {
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  await app.mailer.idle()
  return email
}

const mailsTo = (email: string) => app.mailbox?.list(email).length

t.test('a mail that got lost is sent again, with a link that works', async t => {
  const email = await signedUp()
  const response = await ask(email)
  t.equal(response.statusCode, 200)
  t.same(response.json(), { status: 'ok' })
  const token = await mailedToken(app, email)
  t.equal(mailsTo(email), 2)
  t.equal((await call(app, 'POST', '/users/v1/email_verification', { payload: { token } })).statusCode, 200)
})

t.test('the answer is the same for an unknown, an unproved, a proved and a disabled address (enumeration)', async t => {
  const disabled = await signedUp()
  await app.db.updateTable('users').set({ disabled: 1 }).where('email', '=', disabled).execute()
  const addresses = [newEmail(), await signedUp(), (await verifiedUser(app)).email, disabled]
  const [first, ...others] = await Promise.all(addresses.map(ask))
  t.equal(first?.statusCode, 200)
  for (const other of others) {
    t.equal(other.statusCode, first?.statusCode)
    t.equal(other.body, first?.body)
    t.same(Object.keys(other.headers), Object.keys(first?.headers ?? {}))
  }
})

t.test('who has no account, or has proved the address, gets no mail', async t => {
  const unknown = newEmail()
  const { email: proved } = await verifiedUser(app)
  for (const email of [unknown, proved]) {
    const before = mailsTo(email)
    await ask(email)
    await app.mailer.idle()
    t.equal(mailsTo(email), before)
  }
  t.equal(await findUserByEmail(app.db, unknown), undefined, 'and no account comes of it')
})

t.test('the request reads nothing about the account, so that its time tells nothing (enumeration)', async t => {
  const app = await build(t)
  const { email } = await verifiedUser(app)
  await app.mailer.idle()
  const statements: Record<string, string[]> = {}
  const { executeQuery } = app.db.getExecutor()
  let asked = ''
  const executor = app.db.getExecutor()
  executor.executeQuery = ((...args: Parameters<typeof executeQuery>) => {
    statements[asked]?.push(args[0].sql)
    return executeQuery.apply(executor, args)
  }) as typeof executeQuery
  app.mailer.wake = () => {}
  for (asked of [email, newEmail()]) {
    statements[asked] = []
    await call(app, 'POST', URL, { payload: { email: asked } })
  }
  const [known, unknown] = Object.values(statements)
  t.ok(known?.length)
  t.same(known, unknown)
  t.notOk(known?.some(sql => /select/i.test(sql)))
})

t.test('one address gets only so many mails within the hour, however often anybody asks (mail bombing)', async t => {
  const email = await signedUp()
  for (let i = 0; i < 12; i++) t.equal((await ask(email)).statusCode, 200)
  await app.mailer.idle()
  t.ok((mailsTo(email) ?? 0) <= 6, `${mailsTo(email)} mails`)
  t.ok((mailsTo(email) ?? 0) >= 2)
})

t.test('what is no address is refused', async t => {
  for (const email of [
    undefined,
    null,
    1,
    '',
    'leia',
    [newEmail()],
    { email: newEmail() },
    `${newEmail()}\r\nBcc: a@b.c`,
  ])
    refused(t, await ask(email), 400, 'email-invalid', { in: 'body', field: 'email' })
  const extra = await call(app, 'POST', URL, { payload: { email: newEmail(), to: newEmail() } })
  refused(t, extra, 400, 'request-invalid', { in: 'body', field: 'to' })
})

t.test('beyond the budget the answer is 429, and says which limit it was', async t => {
  const app = await build(t, { AUTH_RATE_LIMIT_MAX: '2' })
  const ask = () => call(app, 'POST', URL, { payload: { email: newEmail() } })
  for (let i = 0; i < 2; i++) t.equal((await ask()).statusCode, 200)
  refused(t, await ask(), 429, 'too-many-requests', { limit: 'AUTH_RATE_LIMIT_MAX', max: 2 })
})

t.test('forged forwarding headers never reach the mailed link (poisoned links)', async t => {
  const email = await signedUp()
  const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' }
  await call(app, 'POST', URL, { payload: { email }, headers })
  await app.mailer.idle()
  const [mail] = app.mailbox?.list(email) ?? []
  t.match(mail?.text, 'http://holocron.test/users/v1/email_verification?token=')
  t.notMatch(JSON.stringify(mail), 'evil')
})
