// Whoever signs in where an account was not used before is told of to its owner.
import t from 'tap'
import { addAuditEvents } from '#sql/audit-events.ts'
import { call, logIn, NO_CLIENT, verifiedUser } from '../../../support/app.ts'
import { OWN_PAGE } from '../../../support/cookies.ts'
import { buildWithProvider, identity } from '../../../support/linked-logins.ts'
import { mailsTo } from '../../../support/mails.ts'
import { challenge, enrolled, otpOf } from '../../../support/mfa.ts'
import { holder, requestOptions } from '../../../support/passkeys.ts'

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const NEWER_FIREFOX = FIREFOX.replaceAll('140.0', '145.0')
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

const app = await buildWithProvider(t)

type User = { email: string; password: string }

const withAgent = (agent: string) => ({ 'user-agent': agent })
const logInWith = (agent: string, payload: User) =>
  call(app, 'POST', '/users/v1/login', { payload, headers: withAgent(agent) })
const noticesTo = async (email: string) =>
  (await mailsTo(app, email)).filter(({ text }) => text.includes('/account/devices'))

t.test('the first session is no news, nor is another version of the same browser', async t => {
  const user = await verifiedUser(app)
  for (const agent of [FIREFOX, FIREFOX, NEWER_FIREFOX]) await logInWith(agent, user)
  t.same(await noticesTo(user.email), [])
})

t.test(
  'a new device is mailed once, with its name, the time and the IP address, and the way to the devices',
  async t => {
    const user = await verifiedUser(app)
    await logInWith(FIREFOX, user)
    for (let time = 0; time < 2; time++) await logInWith(SAFARI, user)
    await logInWith(FIREFOX, user)
    const [mail, ...more] = await noticesTo(user.email)
    t.same(more, [])
    t.equal(mail?.subject, 'New sign-in to your account')
    t.match(mail?.text.replace(/\s+/g, ' '), 'not been used with until now: Safari, iOS, 127.0.0.1.')
    t.match(mail?.text, /^Time: .* UTC$/m)
    t.match(mail?.text, /^http:\/\/holocron\.test\/account\/devices$/m)
  },
)

t.test('a device whose session has ended long ago is still known', async t => {
  const user = await verifiedUser(app)
  const { user_id } = await logIn(app, user)
  await logInWith(SAFARI, user)
  await app.db.deleteFrom('sessions').where('user_id', '=', user_id).execute()
  await logInWith(SAFARI, user)
  t.equal((await noticesTo(user.email)).length, 1)
})

t.test('an account whose history has expired has no known devices to tell a new one from', async t => {
  const user = await verifiedUser(app)
  const { user_id } = await logIn(app, user)
  await app.db.deleteFrom('audit_events').where('user_id', '=', user_id).execute()
  await logInWith(SAFARI, user)
  t.same(await noticesTo(user.email), [])
  await logInWith(FIREFOX, user)
  t.equal((await noticesTo(user.email)).length, 1, 'from then on there are')
})

/** Logins with as many programs, each of its own name. */
async function logInWithPrograms(number: number, user_id: number): Promise<void> {
  const programs = Array.from({ length: number }, (_, i) => `program${i}/1`)
  const event = { kind: 'logged-in', user_id, session_id: null, ip: null } as const
  await addAuditEvents(
    app.db,
    programs.map(user_agent => ({ ...event, user_agent })),
  )
}

t.test('however long a history is, a device of the latest logins is known', async t => {
  const user = await verifiedUser(app)
  const { user_id } = await logIn(app, user)
  await logInWithPrograms(1500, user_id)
  await logInWith(FIREFOX, user)
  const before = await noticesTo(user.email)
  await logInWith(NEWER_FIREFOX, user)
  t.same(await noticesTo(user.email), before)
})

t.test('threat: logins with ever other agents make each further login slower', async t => {
  const user = await verifiedUser(app)
  await logInWith(FIREFOX, user)
  const { user_id } = await logIn(app, user)
  await logInWithPrograms(60, user_id)
  const before = await noticesTo(user.email)
  await logInWith(NEWER_FIREFOX, user)
  t.equal((await noticesTo(user.email)).length, before.length + 1, 'no more than 50 are looked at')
})

const WAYS: Record<string, () => Promise<string>> = {
  async 'by a cookie'() {
    const user = await verifiedUser(app)
    await logIn(app, user)
    await call(app, 'POST', '/sessions/v1/', { payload: user, headers: { ...OWN_PAGE, ...withAgent(SAFARI) } })
    return user.email
  },
  async 'by a passkey'() {
    const { key, email } = await holder(app)
    const payload = { credential: key.get(await requestOptions(app)) }
    await call(app, 'POST', '/users/v1/login/passkey', { payload, headers: withAgent(SAFARI) })
    return email
  },
  async 'by a second factor'() {
    const { user, secret } = await enrolled(app)
    const { mfa_token } = await challenge(app, user)
    const payload = { mfa_token, otp: otpOf(secret) }
    await call(app, 'POST', '/users/v1/login/mfa', { payload, headers: withAgent(SAFARI) })
    return user.email
  },
  async 'by a provider'() {
    const { email } = await verifiedUser(app)
    const who = identity({ email })
    for (const userAgent of [FIREFOX, SAFARI])
      await app.linkedLogins.logIn(who, { ...NO_CLIENT, userAgent }, async () => {})
    return email
  },
}

for (const [way, run] of Object.entries(WAYS)) {
  t.test(`a login ${way} is noticed, too`, async t => {
    t.equal((await noticesTo(await run())).length, 1)
  })
}

t.test('half a login is no login: the mail waits for the second factor', async t => {
  const { user } = await enrolled(app)
  await logInWith(SAFARI, user)
  t.same(await noticesTo(user.email), [])
})

t.test('threat: a mail says what a header says, such as where to go', async t => {
  const user = await verifiedUser(app)
  await logIn(app, user)
  await logInWith('Your account is locked, see evil.example/1', user)
  const [mail] = await noticesTo(user.email)
  t.match(mail?.text.replace(/\s+/g, ' '), 'until now: an unknown device, 127.0.0.1.')
  t.notMatch(`${mail?.html}${mail?.text}`, 'evil')
})

t.test('threat: somebody with the password floods the mailbox', async t => {
  const user = await verifiedUser(app)
  await logIn(app, user)
  for (let i = 0; i < 8; i++) t.equal((await logInWith(`agent${i}/1`, user)).statusCode, 200)
  t.equal((await noticesTo(user.email)).length, 5)
})
