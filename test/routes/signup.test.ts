import t from 'tap'
import { build, mailedToken, newEmail, PASSWORD, verifiedUser } from '../support/app.ts'
import { subjectsTo } from '../support/mails.ts'
import { fieldOf, open, submit } from '../support/pages.ts'

const app = await build(t)

t.test('the form creates an account, whose address the mailed link verifies', async t => {
  const email = newEmail()
  const response = await submit(app, '/signup', { email, password: PASSWORD })
  t.equal(response.statusCode, 303)
  t.equal(response.headers.location, '/signup/sent')
  const token = await mailedToken(app, email)
  t.match(
    (await submit(app, '/users/v1/email_verification', { token, password: PASSWORD })).body,
    'Your address is confirmed',
  )
  t.equal((await submit(app, '/signin', { email, password: PASSWORD })).statusCode, 303)
})

t.test('what is wrong is said beside its field, and the address need not be typed again', async t => {
  const { email: taken } = await verifiedUser(app)
  const cases: [form: Record<string, string>, field: string, text: string][] = [
    [{ email: 'leia@', password: PASSWORD }, 'email', 'Enter an e-mail address'],
    [{ email: newEmail(), password: 'short' }, 'password', 'Choose a password of 8 to 32 characters'],
    [{ email: newEmail(), password: 'Password1' }, 'password', 'too common'],
    [{ email: taken, password: PASSWORD }, 'email', 'There is an account with this address already'],
  ]
  for (const [form, field, text] of cases) {
    const page = await submit(app, '/signup', form)
    t.equal(page.statusCode, 400, text)
    t.match(page.body, new RegExp(`<a href="#${field}">[^<]*${text}`))
    t.match(
      page.body,
      new RegExp(`<input id="${field}"[^>]* aria-describedby="[^"]*${field}-error"[^>]* aria-invalid="true"`),
    )
    t.equal(fieldOf(page, 'email'), form.email)
    t.equal(fieldOf(page, 'password'), undefined)
  }
})

t.test('with HIDE_ACCOUNTS an address in use gets the same answer as a new one', async t => {
  const app = await build(t, { HIDE_ACCOUNTS: 'true' })
  const { email } = await verifiedUser(app)
  const answers = []
  for (const address of [email, newEmail()])
    answers.push(await submit(app, '/signup', { email: address, password: PASSWORD }))
  t.same(
    answers.map(({ statusCode, headers }) => [statusCode, headers.location]),
    [
      [303, '/signup/sent'],
      [303, '/signup/sent'],
    ],
  )
})

t.test('the mail is sent again, and the answer is the same whoever asks', async t => {
  const email = newEmail()
  await submit(app, '/signup', { email, password: PASSWORD })
  for (const address of [email, newEmail()]) {
    const response = await submit(app, '/signup/resend', { email: address })
    t.equal(response.statusCode, 303)
    t.equal(response.headers.location, '/signup/sent')
  }
  t.equal((await subjectsTo(app, email)).length, 2)
  t.match((await open(app, '/signup/sent')).body, 'Check your inbox')
})

t.test('threat: a form that asks for a role, or is sent by another site, creates nothing', async t => {
  for (const [form, headers] of [
    [{ access_role: 'admin' }, undefined],
    [{ email_verified: 'true' }, undefined],
    [{}, { 'sec-fetch-site': 'cross-site' }],
    [{}, { origin: 'https://evil.test' }],
  ] as [Record<string, string>, Record<string, string> | undefined][]) {
    const email = newEmail()
    const response = await submit(app, '/signup', { email, password: PASSWORD, ...form }, headers)
    t.ok(response.statusCode === 400 || response.statusCode === 403)
    t.same(await app.db.selectFrom('users').select('id').where('email', '=', email).execute(), [])
  }
})
