// Administrators change and verify e-mail addresses of others.
import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import {
  administrator,
  build,
  call,
  codeOf,
  logIn,
  mailedToken,
  newEmail,
  PASSWORD,
  verifiedUser,
} from '../../../../support/app.ts'
import { expectError } from '../../../../support/error-response.ts'
import { eventKinds, forgotten, subjectsTo } from '../../../../support/mails.ts'
import { enrolled } from '../../../../support/mfa.ts'
import { outcome, readFilms } from '../../../../support/session.ts'

const CHANGED = 'Your e-mail address was changed'
const app = await build(t)
const admin = await administrator(app)

const patch = (user_id: number, payload: object, token = admin.token) =>
  call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload })
const login = (email: string, password = PASSWORD) =>
  call(app, 'POST', '/users/v1/login', { payload: { email, password } })

async function signedUp() {
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  const user_id = (await findUserByEmail(app.db, email))?.id ?? 0
  return { email, user_id, token: await mailedToken(app, email) }
}

t.test('an address whose mail never arrives is verified', async t => {
  const { email, user_id } = await signedUp()
  t.match((await patch(user_id, { email_verified: true })).json(), { email_verified: true })
  t.equal((await login(email)).statusCode, 200)
  t.ok((await eventKinds(app, user_id)).includes('email-verified'))
})

t.test('a new address that is vouched for is in use at once; sessions end, and both mailboxes learn of it', async t => {
  const user = await logIn(app)
  const email = newEmail()
  const response = await patch(user.user_id, { email: email.toUpperCase(), email_verified: true })
  t.match(response.json(), { email, email_verified: true })
  t.equal(outcome(await readFilms(app, user.token)), '401 token-invalid')
  t.equal((await login(email)).statusCode, 200)
  t.equal(codeOf(await login(user.email)), 'not-found')
  t.same((await subjectsTo(app, user.email)).slice(1), [CHANGED])
  t.same(await subjectsTo(app, email), [CHANGED])
  t.ok((await eventKinds(app, user.user_id)).includes('email-changed'))
})

t.test('a new address that nobody vouches for is verified by its owner', async t => {
  const user = await logIn(app)
  const email = newEmail()
  t.match((await patch(user.user_id, { email })).json(), { email, email_verified: false })
  t.equal(codeOf(await login(email)), 'email-unverified')
  await app.mailer.idle()
  t.same((await subjectsTo(app, email)).sort(), ['Verify your e-mail address', CHANGED])
  const mail = app.mailbox?.list(email).find(({ text }) => text.includes('token='))
  const token = /token=([\w-]+)/.exec(mail?.text ?? '')?.[1]
  await call(app, 'POST', '/users/v1/email_verification', { payload: { token } })
  t.equal((await login(email)).statusCode, 200)
})

t.test('threat: links that were mailed to the old address still work', async t => {
  const user = await logIn(app)
  const { token } = await forgotten(app, user.email)
  await patch(user.user_id, { email: newEmail(), email_verified: true })
  const payload = { token, new_password: 'Bespin1980' }
  t.equal(codeOf(await call(app, 'POST', '/users/v1/password_reset', { payload })), 'token-invalid')
})

t.test('second factors outlive a reset at an address that was vouched for, and no other', async t => {
  for (const [vouched, expected] of [
    [{ email_verified: true }, { mfa_required: true }],
    [{}, { token: String }],
  ] as const) {
    const user = await enrolled(app)
    const email = newEmail()
    await patch(user.user_id, { email, ...vouched })
    await app.mailer.idle()
    const { token } = await forgotten(app, email)
    const payload = { token, new_password: 'Bespin1980' }
    await call(app, 'POST', '/users/v1/password_reset', { payload })
    t.match((await login(email, 'Bespin1980')).json(), expected)
  }
})

t.test('a taken address, a malformed one and a value that changes nothing', async t => {
  const [user, other] = [await logIn(app), await verifiedUser(app)]
  expectError(t, await patch(user.user_id, { email: other.email.toUpperCase() }), 400, 'user-already-exists')
  expectError(t, await patch(user.user_id, { email: 'leia' }), 400, 'email-invalid', { field: 'email' })
  t.equal((await patch(user.user_id, { email: user.email, email_verified: true })).statusCode, 200)
  t.equal(outcome(await readFilms(app, user.token)), '200', 'the session goes on')
})

t.test('threat: users change or verify an address this way, or administrators their own', async t => {
  const user = await logIn(app)
  for (const payload of [{ email: newEmail() }, { email_verified: true }]) {
    expectError(t, await patch(user.user_id, payload, user.token), 403, 'forbidden')
    expectError(t, await patch(admin.user_id, payload), 403, 'forbidden')
  }
  t.equal((await findUserByEmail(app.db, user.email))?.id, user.user_id)
})

t.test('an address may be declared unverified: its user cannot log in until it is proved again', async t => {
  const user = await verifiedUser(app)
  const { user_id } = await logIn(app, user)
  await patch(user_id, { email_verified: false })
  t.equal(codeOf(await login(user.email)), 'email-unverified')
  t.ok((await eventKinds(app, user_id)).includes('email-unverified'))
})

t.test('PUT keeps the address', async t => {
  const user = await logIn(app)
  await call(app, 'PUT', `/users/v1/${user.user_id}`, { token: admin.token, payload: { first_name: 'Han' } })
  t.equal((await findUserByEmail(app.db, user.email))?.email_verified, 1)
})
