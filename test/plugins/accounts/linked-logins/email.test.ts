// A provider that names no address it vouches for: the person is asked for one, and proves it by mail.
import t from 'tap'
import { call, codeOf, logIn, mailedToken, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import {
  buildWithProvider,
  identity,
  linkTo,
  logInBy,
  refusal,
  sendEmail,
  signupToken,
  tokensBy,
} from '../../../support/linked-logins.ts'
import { forgotten, subjectsTo } from '../../../support/mails.ts'

const HTML = { accept: 'text/html' }
const app = await buildWithProvider(t)
const verify = async (email: string) =>
  call(app, 'POST', '/users/v1/email_verification', { payload: { token: await mailedToken(app, email) } })

t.test('the address is verified by mail, and the next login by the provider succeeds', async t => {
  const [who, email] = [identity({ email: 'unverified@alderaan.example', emailVerified: false }), newEmail()]
  t.same((await sendEmail(app, await signupToken(app, who), email)).json(), { status: 'ok' })
  t.equal(await refusal(logInBy(app, who)), 'email-required', 'not before')
  t.equal((await verify(email)).statusCode, 200)
  t.equal((await tokensBy(app, who)).email, email)
})

t.test('a mistyped address is corrected, also by a later login, and its link is dead', async t => {
  const [who, mistyped, email] = [identity(), newEmail(), newEmail()]
  const token = await signupToken(app, who)
  await sendEmail(app, token, mistyped)
  const link = await mailedToken(app, mistyped)
  t.equal((await sendEmail(app, await signupToken(app, who), email)).statusCode, 200)
  const opened = await call(app, 'POST', '/users/v1/email_verification', { payload: { token: link } })
  t.equal(codeOf(opened), 'token-invalid')
  await verify(email)
  t.equal((await tokensBy(app, who)).email, email)
  t.equal(codeOf(await sendEmail(app, token, newEmail())), 'login-method-taken', 'the token changes nothing any more')
})

t.test('threat: an address that was typed opens the account that has it', async t => {
  const { email } = await verifiedUser(app)
  const who = identity()
  const token = await signupToken(app, who)
  t.equal(codeOf(await sendEmail(app, token, email)), 'user-already-exists')
  t.equal(await refusal(logInBy(app, who)), 'email-required')
  // The way out: log in to the account, and link the provider there.
  await linkTo(app, await logIn(app, { email, password: PASSWORD }), who)
  t.equal((await tokensBy(app, who)).email, email)
})

t.test('threat: whoever signs up by a provider with the address of somebody else keeps the account', async t => {
  const [thief, email] = [identity({ name: 'Mallory' }), newEmail()]
  await sendEmail(app, await signupToken(app, thief), email)
  const url = `/users/v1/email_verification?token=${await mailedToken(app, email)}`
  const page = await call(app, 'GET', url, { headers: HTML })
  t.match(page.body, /GitHub \(Mallory\)/, 'the page says whose login it confirms')
  await verify(email)
  t.ok((await tokensBy(app, thief)).token)
  const reset = { token: (await forgotten(app, email)).token, new_password: PASSWORD }
  await call(app, 'POST', '/users/v1/password_reset', { payload: reset })
  t.equal(await refusal(logInBy(app, thief)), 'email-required')
})

t.test('an account that waits for its address gives the identity back', async t => {
  const who = identity()
  await sendEmail(app, await signupToken(app, who), newEmail())
  const session = await logIn(app)
  await linkTo(app, session, who)
  t.equal((await tokensBy(app, who)).user_id, session.user_id, 'to an account that links it')

  const other = identity()
  await sendEmail(app, await signupToken(app, other), newEmail())
  const email = newEmail()
  t.equal((await tokensBy(app, { ...other, email, emailVerified: true })).email, email, 'to the address it proves')
})

t.test('a signup_token is taken as it was issued, and for fifteen minutes', async t => {
  const token = await signupToken(app, identity())
  for (const forged of ['', 'x', token.slice(1), token.slice(0, -2), token.replace('.', '')])
    t.equal(codeOf(await sendEmail(app, forged, newEmail())), 'token-invalid', forged)
  const real = Date.now
  t.teardown(() => {
    Date.now = real
  })
  Date.now = () => real() + 901_000
  t.equal(codeOf(await sendEmail(app, token, newEmail())), 'token-expired')
})

t.test('a browser gets forms and pages', async t => {
  const [token, email] = [await signupToken(app, identity()), newEmail()]
  const form = await call(app, 'GET', `/social/v1/email?signup_token=${token}`, { headers: HTML })
  t.match(form.body, `name="signup_token" value="${token}"`)
  const headers = { ...HTML, 'content-type': 'application/x-www-form-urlencoded' }
  const post = (email: string, signup_token = token) =>
    call(app, 'POST', '/social/v1/email', { headers, payload: new URLSearchParams({ signup_token, email }).toString() })
  t.match((await post('nonsense')).body, /Enter an e-mail address/)
  t.match((await post((await verifiedUser(app)).email)).body, /There is an account with this address already/)
  t.match((await post(email, 'x')).body, /Please sign in again/)
  t.match((await post(email)).body, /Check your inbox/)
})

t.test('the form can be asked for in another language, also when it comes back', async t => {
  const token = await signupToken(app, identity())
  const headers = { ...HTML, 'content-type': 'application/x-www-form-urlencoded' }
  const payload = new URLSearchParams({ signup_token: token, email: 'nonsense' }).toString()
  const form = await call(app, 'GET', `/social/v1/email?signup_token=${token}`, { headers: HTML })
  const failed = await call(app, 'POST', '/social/v1/email', { headers, payload })
  for (const { body } of [form, failed]) {
    const [, link = ''] = /hreflang="de" href="([^"]+)"/.exec(body) ?? []
    const german = await call(app, 'GET', link.replaceAll('&amp;', '&'), { headers: HTML })
    t.equal(german.statusCode, 200)
    t.match(german.body, '<html lang="de">')
    t.match(german.body, `name="signup_token" value="${token}"`)
  }
})

t.test('with HIDE_ACCOUNTS a taken address looks like a free one, and its owner is told', async t => {
  const app = await buildWithProvider(t, { HIDE_ACCOUNTS: 'true' })
  const { email } = await verifiedUser(app)
  const who = identity()
  const taken = await sendEmail(app, await signupToken(app, who), email)
  const free = await sendEmail(app, await signupToken(app, who), newEmail())
  t.same(taken.json(), free.json())
  t.equal(taken.statusCode, free.statusCode)
  t.ok((await subjectsTo(app, email)).includes('You already have an account'))
})

t.test(
  'threat: with HIDE_ACCOUNTS, a link or an id tells whether the address that was tried first has an account',
  async t => {
    const hiding = await buildWithProvider(t, { HIDE_ACCOUNTS: 'true' })
    const idOf = async (email: string) =>
      (await hiding.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirstOrThrow()).id
    const seen = []
    for (const target of [newEmail(), (await verifiedUser(hiding)).email]) {
      const [own, typo] = [newEmail(), newEmail()]
      const token = await signupToken(hiding, identity())
      await sendEmail(hiding, token, typo)
      const link = await mailedToken(hiding, typo)
      const before = await idOf(typo)
      await sendEmail(hiding, token, target)
      const opened = await call(hiding, 'POST', '/users/v1/email_verification', { payload: { token: link } })
      await sendEmail(hiding, token, own)
      seen.push([codeOf(opened), (await idOf(own)) - before])
    }
    t.same(seen[0], seen[1])
    t.equal(seen[0]?.[0], 'token-invalid')
  },
)
