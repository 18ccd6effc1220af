// Pre-hijacked accounts (Sudhodanan and Paverd, 2022): somebody signs up with the victim's address and waits for the victim to come.
import t from 'tap'
import { build, call, codeOf, logIn, mailedToken, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { eventKinds, forgotten, mailsTo, subjectsTo } from '../../../support/mails.ts'
import { enrolled } from '../../../support/mfa.ts'
import { holder, passkeyLogin } from '../../../support/passkeys.ts'
import { outcome, readFilms } from '../../../support/session.ts'

const NEW = 'Bespin1980'
const app = await build(t)

const verify = (payload: object) => call(app, 'POST', '/users/v1/email_verification', { payload })
const login = (email: string, password: string) =>
  call(app, 'POST', '/users/v1/login', { payload: { email, password } })
const reset = (token: string, new_password = NEW) =>
  call(app, 'POST', '/users/v1/password_reset', { payload: { token, new_password } })

/** The attacker knows the password; the link was opened by a scanner, or by the victim. */
async function squatted(email = newEmail()) {
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  await verify({ token: await mailedToken(app, email) })
  return { email, password: PASSWORD }
}

t.test("the attacker's passkey does not outlive the victim's reset", async t => {
  const attacker = await holder(app, 0, await squatted())
  const { email, user_id } = attacker
  t.equal((await passkeyLogin(app, attacker.key)).statusCode, 200)
  await reset((await forgotten(app, email)).token)

  t.equal(codeOf(await passkeyLogin(app, attacker.key)), 'passkey-invalid')
  t.equal(outcome(await readFilms(app, attacker.token)), '401 token-invalid')
  t.ok((await login(email, NEW)).json().token, 'the victim needs no second factor')
  t.ok((await eventKinds(app, user_id)).includes('earlier-access-removed'))
  const mail = (await mailsTo(app, email)).find(({ subject }) => subject.startsWith('What was set up earlier'))
  t.match(mail?.text, /passkeys/)
})

t.test("the attacker's authenticator app and recovery codes do not outlive the victim's reset", async t => {
  const attacker = await enrolled(app, await squatted())
  await reset((await forgotten(app, attacker.email)).token)
  t.ok((await login(attacker.email, NEW)).json().token)
  const mail = (await mailsTo(app, attacker.email)).find(({ subject }) => subject.startsWith('What was set up earlier'))
  t.match(mail?.text.replace(/\s+/g, ' '), 'the authenticator app, recovery codes')
})

t.test("the attacker's pending change of address does not outlive the victim's reset", async t => {
  const { token, email } = await logIn(app, await squatted())
  const attackers = newEmail()
  await call(app, 'POST', '/users/v1/email', { token, payload: { email: attackers, password: PASSWORD } })
  const link = await mailedToken(app, attackers)
  await reset((await forgotten(app, email)).token)
  t.equal(codeOf(await verify({ token: link })), 'token-invalid')
})

t.test('threat: a thief of the mailbox gets past the second factor of its owner by a reset', async t => {
  const owners: [proof: string, user: { email: string; password: string }][] = [
    ['the link opened with the password', await verifiedUser(app)],
  ]
  const resetBefore = await squatted()
  await reset((await forgotten(app, resetBefore.email)).token, PASSWORD)
  owners.push(['an earlier reset', resetBefore])
  for (const [proof, user] of owners) {
    const { email } = await holder(app, 0, user)
    await reset((await forgotten(app, email)).token)
    t.match((await login(email, NEW)).json(), { mfa_required: true, methods: ['passkey'] }, proof)
    t.notOk((await subjectsTo(app, email)).includes('What was set up earlier in your account was removed'))
  }
})

t.test('the password may be proved after a scanner has opened the link', async t => {
  const user = await squatted()
  const token = await mailedToken(app, user.email)
  t.equal(codeOf(await verify({ token, password: 'Coruscant19BBY' })), 'password-wrong')
  t.equal((await verify({ token, password: PASSWORD })).statusCode, 200)
  const { email } = await enrolled(app, user)
  await reset((await forgotten(app, email)).token)
  t.match((await login(email, NEW)).json(), { mfa_required: true })
})

t.test("threat: an attacker moves an account of their own to the victim's address", async t => {
  const attacker = await holder(app)
  const victims = newEmail()
  const payload = { email: victims, password: PASSWORD }
  await call(app, 'POST', '/users/v1/email', { token: attacker.token, payload })
  const [mail] = await mailsTo(app, victims)
  t.match(mail?.text, `${attacker.email[0]}…@`, 'the mail says whose account it is, in none of their own words')
  await verify({ token: await mailedToken(app, victims) })
  await reset((await forgotten(app, victims)).token)
  t.equal(codeOf(await passkeyLogin(app, attacker.key)), 'passkey-invalid')
  t.ok((await login(victims, NEW)).json().token)
})
