// Logging in by an identity that a provider has named: whose account it opens, and what it never opens.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { call, codeOf, logIn, mailedToken, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import {
  buildWithProvider,
  challengeBy,
  identity,
  linkTo,
  logInBy,
  refusal,
  tokensBy,
} from '../../../support/linked-logins.ts'
import { eventKinds, forgotten, mailsTo, subjectsTo } from '../../../support/mails.ts'
import { enrolled, finish, otpOf, steppingClock } from '../../../support/mfa.ts'
import { holder, passkeyLogin } from '../../../support/passkeys.ts'
import { dead, outcome, readFilms } from '../../../support/session.ts'

steppingClock(t)

const app = await buildWithProvider(t)
const byPassword = (email: string, password = PASSWORD) =>
  call(app, 'POST', '/users/v1/login', { payload: { email, password } })
const countUsers = (app: FastifyInstance, email: string) =>
  app.db.selectFrom('users').select('id').where('email', '=', email).execute()

/** Somebody else signed up with the address; the link was opened by a scanner, or by its owner. */
async function squatted() {
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  await call(app, 'POST', '/users/v1/email_verification', { payload: { token: await mailedToken(app, email) } })
  return { email, password: PASSWORD }
}

t.test('an identity with a proved address gets an account of its own, once', async t => {
  const who = identity({ email: 'Leia-New@Alderaan.Example' })
  const first = await tokensBy(app, who)
  t.equal(first.email, 'leia-new@alderaan.example')
  t.equal(outcome(await readFilms(app, first.token)), '200')
  t.equal((await tokensBy(app, who)).user_id, first.user_id)
  const user = await findUserByEmail(app.db, first.email)
  t.match(user, { password_hash: '!', email_verified: 1, owner_proved_at: Number, access_role: 'basic' })
  t.same(await subjectsTo(app, first.email), ['Welcome to your new account'])
  t.same((await eventKinds(app, first.user_id)).filter(kind => kind !== 'logged-in').sort(), [
    'login-linked',
    'signed-up',
  ])
})

t.test('such an account has no password to guess, and its owner sets one by mail', async t => {
  const { email, token } = await tokensBy(app, identity({ email: newEmail() }))
  for (const guess of ['!', PASSWORD, '']) t.not((await byPassword(email, guess)).statusCode, 200, guess)
  const confirmed = await call(app, 'POST', '/users/v1/reauthenticate', { token, payload: { password: PASSWORD } })
  t.equal(codeOf(confirmed), 'password-wrong')
  const reset = { token: (await forgotten(app, email)).token, new_password: PASSWORD }
  t.equal((await call(app, 'POST', '/users/v1/password_reset', { payload: reset })).statusCode, 200)
  t.equal((await byPassword(email)).statusCode, 200)
})

t.test(
  'an identity with a proved address opens the account that has proved the same, and its owner is told',
  async t => {
    const user = await verifiedUser(app)
    const before = await logIn(app, user)
    const who = identity({ email: user.email })
    t.equal((await tokensBy(app, who)).user_id, before.user_id)
    t.equal((await byPassword(user.email)).statusCode, 200, 'the password still works')
    t.equal(outcome(await readFilms(app, before.token)), '200', 'and so does an earlier session')
    t.ok((await subjectsTo(app, user.email)).includes('A provider was linked to your account'))
  },
)

t.test('threat: an account whose address nobody has proved opens to whoever signed up with it', async t => {
  const thief = await logIn(app, await squatted())
  const owner = await tokensBy(app, identity({ email: thief.email }))
  t.equal(owner.user_id, thief.user_id, 'the account is the owner’s now')
  t.ok(await dead(app, thief), 'the session is gone')
  t.not((await byPassword(thief.email)).statusCode, 200, 'and so is the password')
  const mail = (await mailsTo(app, thief.email)).find(({ subject }) => subject.startsWith('What was set up earlier'))
  t.match(mail?.text, 'the password')
})

t.test('threat: a passkey, an authenticator app and an identity of the squatter stay in the account', async t => {
  const withPasskey = await holder(app, 0, await squatted())
  await tokensBy(app, identity({ email: withPasskey.email }))
  t.equal(codeOf(await passkeyLogin(app, withPasskey.key)), 'passkey-invalid')

  const withTotp = await enrolled(app, await squatted())
  t.ok((await tokensBy(app, identity({ email: withTotp.email }))).token, 'the owner needs no second factor')

  const thief = await logIn(app, await squatted())
  const planted = identity()
  await linkTo(app, thief, planted)
  await tokensBy(app, identity({ email: thief.email }))
  t.equal(await refusal(logInBy(app, planted)), 'email-required')
})

t.test('threat: an identity that a squatter has linked outlives the reset of the password', async t => {
  const thief = await logIn(app, await squatted())
  const planted = identity()
  await linkTo(app, thief, planted)
  t.ok((await tokensBy(app, planted)).token)
  const reset = { token: (await forgotten(app, thief.email)).token, new_password: 'Bespin1980' }
  await call(app, 'POST', '/users/v1/password_reset', { payload: reset })
  t.equal(await refusal(logInBy(app, planted)), 'email-required')
})

t.test('an account that was never verified is no dead end for the owner of the address', async t => {
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  const who = identity({ email })
  t.equal((await tokensBy(app, who)).email, email)
  t.equal((await tokensBy(app, who)).email, email)
})

t.test('threat: an address that the provider has not verified opens an account', async t => {
  const { email } = await verifiedUser(app)
  for (const untrusted of [identity({ email, emailVerified: false }), identity({ email: `${email}\n` }), identity()])
    t.equal(await refusal(logInBy(app, untrusted)), 'email-required')
  t.same(
    (await subjectsTo(app, email)).filter(subject => subject.includes('provider')),
    [],
  )
})

t.test('threat: an identity that differs by case, by a space or by its issuer passes for another', async t => {
  const who = identity({ subject: 'Leia', email: newEmail() })
  const { user_id } = await tokensBy(app, who)
  for (const other of [{ subject: 'leia' }, { subject: 'Leia ' }, { subject: 'Léia' }, { issuer: `${who.issuer}/` }])
    t.equal(await refusal(logInBy(app, { ...who, email: null, ...other })), 'email-required', JSON.stringify(other))
  t.equal((await tokensBy(app, who)).user_id, user_id)
})

t.test('what a provider says later changes nothing in the account', async t => {
  const who = identity({ email: newEmail() })
  const { user_id, email } = await tokensBy(app, who)
  const victim = await verifiedUser(app)
  const later = await tokensBy(app, { ...who, email: victim.email, emailVerified: true, name: 'Leia Solo' })
  t.equal(later.user_id, user_id)
  t.equal(later.email, email)
  t.match(await app.linkedLogins.list(user_id), [{ provider: 'github', email: victim.email, name: 'Leia Solo' }])
})

t.test('a provider may send a name and an address of any length, and half a character', async t => {
  const who = identity({ email: newEmail() })
  const { user_id } = await tokensBy(app, who)
  await tokensBy(app, { ...who, email: `${'x'.repeat(2000)}@alderaan.example`, name: `${'L'.repeat(254)}\u{1f600}` })
  const [method] = await app.linkedLogins.list(user_id)
  t.equal(method?.email, null)
  t.equal(method?.name?.length, 255)
})

t.test('a second factor is asked for as everywhere', async t => {
  const { user, secret, user_id } = await enrolled(app)
  const mfaToken = await challengeBy(app, identity({ email: user.email }))
  t.equal((await finish(app, mfaToken, otpOf(secret))).json().user_id, user_id)
})

t.test('a disabled account says so to the holder of the identity, and nothing is linked', async t => {
  const user = await verifiedUser(app)
  const disable = () => app.db.updateTable('users').set({ disabled: 1 }).where('email', '=', user.email).execute()
  const who = identity({ email: user.email })
  const { user_id } = await logIn(app, user)
  await disable()
  t.equal(await refusal(logInBy(app, who)), 'account-disabled')
  t.equal((await app.linkedLogins.list(user_id)).length, 1, 'only the password')
})

t.test('a response of the provider that was used already opens and links nothing', async t => {
  const email = newEmail()
  const used = async () => {
    throw Object.assign(new Error('used'), { code: 'used' })
  }
  t.equal(await refusal(logInBy(app, identity({ email }), used)), 'used')
  t.same(await countUsers(app, email), [])
  const { email: taken } = await verifiedUser(app)
  const who = identity({ email: taken })
  t.equal(await refusal(logInBy(app, who, used)), 'used')
  t.equal(await refusal(logInBy(app, { ...who, email: null }, used)), 'used', 'and asks for no address')
  t.equal(await refusal(logInBy(app, { ...who, email: null })), 'email-required', 'it was not linked')
})

t.test('a response is used up once, whatever follows from it', async t => {
  for (const email of [newEmail(), (await verifiedUser(app)).email, (await squatted()).email]) {
    let uses = 0
    await logInBy(app, identity({ email }), async () => void uses++)
    t.equal(uses, 1)
  }
})

t.test('twenty logins of a new identity at once make one account with one link', async t => {
  const who = identity({ email: newEmail() })
  const sessions = await Promise.all(Array.from({ length: 20 }, () => tokensBy(app, who)))
  t.equal(new Set(sessions.map(({ user_id }) => user_id)).size, 1)
  t.equal((await app.linkedLogins.list(sessions[0]?.user_id ?? 0)).length, 1)
})

t.test('an account that is deleted is made anew by the next login', async t => {
  const who = identity({ email: newEmail() })
  const { user_id } = await tokensBy(app, who)
  const [outcome] = await Promise.allSettled([
    logInBy(app, who),
    app.db.deleteFrom('users').where('id', '=', user_id).execute(),
  ])
  t.equal(outcome.status, 'fulfilled')
  t.not((await tokensBy(app, who)).user_id, user_id)
})

t.test('LOGIN_POLICY=single holds for logins by a provider', async t => {
  const app = await buildWithProvider(t, { LOGIN_POLICY: 'single' })
  const who = identity({ email: newEmail() })
  await tokensBy(app, who)
  t.equal(await refusal(logInBy(app, who)), 'user-already-logged-in')
})

t.test('amr of the session says that a provider has authenticated the user', async t => {
  const { token } = await tokensBy(app, identity({ email: newEmail() }))
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  t.same(claims.amr, ['fed'])
})

t.test("the provider's tokens are kept if that is configured, encrypted", async t => {
  const tokens = { access_token: 'gho_secret' }
  const keeping = await buildWithProvider(t, { SOCIAL_KEEP_TOKENS: 'true' })
  const cases = [
    [app, false],
    [keeping, true],
  ] as const
  for (const [service, kept] of cases) {
    const who = identity({ email: newEmail(), tokens })
    await tokensBy(service, who)
    const row = await service.db
      .selectFrom('linked_logins')
      .select(['tokens', 'tokens_key_id'])
      .where('subject', '=', who.subject)
      .executeTakeFirst()
    t.equal(row?.tokens !== null, kept)
    t.notMatch(JSON.stringify(row), /gho_secret/)
  }
})
