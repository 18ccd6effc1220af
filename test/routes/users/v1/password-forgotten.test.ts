import t from 'tap'
import { build, call, logIn, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { forgotten, mailsTo } from '../../../support/mails.ts'
import { outcome, readFilms } from '../../../support/session.ts'

const URL = '/users/v1/password_forgotten'
const app = await build(t)

const ask = (email: unknown, on = app) => call(on, 'POST', URL, { payload: { email } })

async function unprovedUser(): Promise<string> {
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

t.test('a link and a code of six digits are mailed; the password and the sessions stay as they are', async t => {
  const user = await verifiedUser(app)
  const { token } = await logIn(app, user)
  const response = await ask(user.email)
  t.equal(response.statusCode, 200)
  t.same(response.json(), { status: 'ok' })
  const [mail] = await mailsTo(app, user.email)
  t.equal(mail?.subject, 'Choose a new password')
  for (const body of [mail?.text, mail?.html]) {
    t.match(body, /http:\/\/holocron\.test\/users\/v1\/password_reset\?token=[\w-]{43}/)
    t.match(body, /\b\d{6}\b/)
  }
  t.match(mail?.text, 'for 60 minutes')
  t.equal(outcome(await readFilms(app, token)), '200')
  await logIn(app, user)
})

t.test('the e-mail may be spelled in any case', async t => {
  const { email } = await verifiedUser(app)
  await ask(email.toUpperCase())
  t.equal((await mailsTo(app, email))[0]?.subject, 'Choose a new password')
})

t.test("an unverified e-mail gets the mail too: it may be its owner's way in", async t => {
  t.match(await forgotten(app, await unprovedUser()), { token: String, code: /^\d{6}$/ })
})

t.test('unknown and disabled accounts get no mail', async t => {
  for (const email of [newEmail(), await disabledUser()]) {
    const before = (await mailsTo(app, email)).length
    await ask(email)
    t.equal((await mailsTo(app, email)).length, before)
  }
})

t.test('threat: the code is in the database for whoever copies it, or in the log', async t => {
  const lines: string[] = []
  const app = await build(t, { LOG_LEVEL: 'trace' }, { write: line => void lines.push(line) })
  const { email } = await verifiedUser(app)
  const { token, code } = await forgotten(app, email)
  const tables = ['reset_codes', 'one_time_tokens', 'outbox', 'audit_events', 'users'] as const
  const stored = await Promise.all(tables.map(table => app.db.selectFrom(table).selectAll().execute()))
  // As a value of its own: ids and times have digits of all kinds.
  const values = stored.flat().flatMap(row => Object.values(row).map(String))
  t.notOk(values.includes(code) || values.includes(token))
  t.notMatch(lines.join('\n'), token)
  t.notMatch(lines.join('\n'), new RegExp(`"${code}"|: ${code}\\b`))
})

t.test('threat: somebody floods a mailbox by asking; five mails within the hour', async t => {
  const { email } = await verifiedUser(app)
  for (let i = 0; i < 10; i++) {
    t.equal((await ask(email)).statusCode, 200)
    await app.mailer.idle()
  }
  const mails = (await mailsTo(app, email)).filter(({ subject }) => subject === 'Choose a new password')
  t.equal(mails.length, 5)
})
