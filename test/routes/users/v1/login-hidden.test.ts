// Enumeration with HIDE_ACCOUNTS: a sign-up followed by a login with the same credentials must not tell whether the address was free.
import t from 'tap'
import { build, call, codeOf, mailedToken, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { subjectsTo } from '../../../support/mails.ts'

const OTHER = 'Coruscant19BBY'
const app = await build(t, { HIDE_ACCOUNTS: 'true', ACCOUNT_ATTEMPTS_MAX: '3' })

const post = (path: string, email: string, password = PASSWORD) =>
  call(app, 'POST', `/users/v1/${path}`, { payload: { email, password } })

/** What an attacker sees who signs up and then logs in, until the account is locked. */
async function trace(email: string) {
  await post('signup', email, OTHER)
  const responses = []
  for (let attempt = 0; attempt < 5; attempt++) responses.push(await post('login', email, OTHER))
  return responses.map(response => ({
    status: response.statusCode,
    code: codeOf(response),
    headers: Object.keys(response.headers),
  }))
}

t.test('a free address and a taken one look the same', async t => {
  const taken = await trace((await verifiedUser(app)).email)
  t.same(await trace(newEmail()), taken)
  t.equal(taken[0]?.code, 'not-found')
  t.equal(taken.at(-1)?.code, 'too-many-attempts')
})

t.test('the owner of the mailbox gets the link again, and logs in once the address is verified', async t => {
  const email = newEmail()
  await post('signup', email)
  await app.mailer.idle()
  t.equal(codeOf(await post('login', email)), 'not-found')
  t.same(await subjectsTo(app, email), Array(2).fill('Verify your e-mail address'))
  const payload = { token: await mailedToken(app, email) }
  t.equal((await call(app, 'POST', '/users/v1/email_verification', { payload })).statusCode, 200)
  t.equal((await post('login', email)).statusCode, 200)
})

t.test('a password that breaks the rule is what it is for everybody', async t => {
  const email = newEmail()
  await post('signup', email)
  for (const each of [email, newEmail()]) t.equal(codeOf(await post('login', each, 'short')), 'password-invalid')
})

t.test('the ids of two sign-ups do not tell whether the address of one in between was taken', async t => {
  const { email: taken } = await verifiedUser(app)
  for (const between of [taken, newEmail()]) {
    const [before, after] = [newEmail(), newEmail()]
    for (const email of [before, between, after]) await post('signup', email)
    const rows = await app.db.selectFrom('users').select('id').where('email', 'in', [before, after]).execute()
    const ids = rows.map(({ id }) => id).sort((a, b) => a - b)
    t.equal((ids[1] ?? 0) - (ids[0] ?? 0), 2)
  }
})
