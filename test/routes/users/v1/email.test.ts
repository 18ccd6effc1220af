import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { build, call, codeOf, environment, logIn, mailedToken, newEmail, PASSWORD, REAL } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { eventKinds, forgotten, mailsTo, subjectsTo } from '../../../support/mails.ts'
import { outcome, readFilms } from '../../../support/session.ts'

const URL = '/users/v1/email'

const app = await build(t)

const ask = (token: string, email: unknown, password: unknown = PASSWORD, on = app) =>
  call(on, 'POST', URL, { token, payload: { email, password } })

const open = (token: string, on = app) => call(on, 'POST', '/users/v1/email_verification', { payload: { token } })

const login = (email: string, on = app) =>
  call(on, 'POST', '/users/v1/login', { payload: { email, password: PASSWORD } })

/** Somebody who asked for another address, and the link that was mailed there. */
async function asked(on = app) {
  const user = await logIn(on)
  const wanted = newEmail()
  const answer = await ask(user.token, wanted, PASSWORD, on)
  if (answer.statusCode !== 200) throw new Error(answer.body)
  return { ...user, wanted, link: await mailedToken(on, wanted) }
}

t.test('the link that is mailed to the new address completes the change; until then the old one works', async t => {
  const { email, wanted, link, token } = await asked()
  t.equal((await login(email)).statusCode, 200)
  t.equal(codeOf(await login(wanted)), 'not-found')

  const done = await open(link)
  t.equal(done.statusCode, 200)
  t.same(done.json(), { status: 'ok' })
  t.equal(codeOf(await login(email)), 'not-found')
  t.equal((await login(wanted)).statusCode, 200)
  t.equal(outcome(await readFilms(app, token)), '200', 'the sessions go on')
  expectError(t, await open(link), 401, 'token-invalid')
})

t.test('the current user shows the new address at once, though it was cached', async t => {
  const { email, wanted, link, token } = await asked()
  const shown = async () => (await call(app, 'GET', '/users/v1/me', { token })).json<{ email: string }>().email
  t.equal(await shown(), email)
  await open(link)
  t.equal(await shown(), wanted)
})

t.test('the link goes to the new address, a notice without a link to the old one; the history tells', async t => {
  const { email, wanted, link, user_id } = await asked()
  t.same(await subjectsTo(app, wanted), ['Confirm your new e-mail address'])
  t.same((await subjectsTo(app, email)).slice(1), ['Your e-mail address is about to change'])
  const [notice] = await mailsTo(app, email)
  t.notMatch(JSON.stringify(notice), /token=/)
  t.notMatch(JSON.stringify(notice), wanted)
  await open(link)
  t.same((await eventKinds(app, user_id)).slice(-1), ['email-changed'])
  t.equal(
    (await subjectsTo(app, email)).at(-1),
    'Your account has a new e-mail address',
    'the old mailbox learns of it',
  )
  const [done] = await mailsTo(app, email)
  t.notMatch(JSON.stringify(done), wanted)
})

t.test('a browser gets the page whose button completes the change', async t => {
  const { wanted, link } = await asked()
  const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' }
  const shown = await call(app, 'GET', `/users/v1/email_verification?token=${link}`, {
    headers: { accept: 'text/html' },
  })
  t.match(shown.body, 'Confirm my address')
  t.match(shown.body, `<bdi>${wanted}</bdi>`, 'it names what is confirmed')
  t.equal(await findUserByEmail(app.db, wanted), undefined, 'looking changes nothing')
  const done = await call(app, 'POST', '/users/v1/email_verification', { payload: `token=${link}`, headers })
  t.match(done.body, 'Your address is confirmed')
  t.ok(await findUserByEmail(app.db, wanted))
})

t.test("a taken address is rejected, including one's own and in another spelling", async t => {
  const [{ token, email }, other] = [await logIn(app), await logIn(app)]
  for (const taken of [other.email, other.email.toUpperCase()])
    expectError(t, await ask(token, taken), 400, 'user-already-exists')
  expectError(t, await ask(token, email.toUpperCase()), 400, 'user-already-exists', { reason: 'own' })
  const hiding = await build(t, { HIDE_ACCOUNTS: 'true' })
  const owner = await logIn(hiding)
  const own = await ask(owner.token, owner.email, PASSWORD, hiding)
  expectError(t, own, 400, 'user-already-exists', { reason: 'own' })
})

const cancel = (token: string) => call(app, 'DELETE', URL, { token })

t.test('a pending change is canceled: its link is dead, and the history tells', async t => {
  const { email, link, token, user_id } = await asked()
  t.equal(outcome(await cancel(token)), '200')
  expectError(t, await open(link), 401, 'token-invalid')
  t.equal((await login(email)).statusCode, 200)
  t.equal((await eventKinds(app, user_id)).filter(kind => kind === 'email-change-canceled').length, 1)
  expectError(t, await cancel(token), 404, 'not-found')
})

t.test('threat: the mail of a canceled change waited in the outbox, and brings a link that works', async t => {
  const { token } = await logIn(app)
  const wanted = newEmail()
  const asking = await ask(token, wanted)
  t.equal(asking.statusCode, 200)
  await cancel(token)
  for (const { text } of await mailsTo(app, wanted)) {
    const link = /token=([\w-]+)/.exec(text)?.[1] ?? ''
    expectError(t, await open(link), 401, 'token-invalid')
  }
})

t.test('with HIDE_ACCOUNTS only the owner of a taken address learns of it (enumeration)', async t => {
  const app = await build(t, { HIDE_ACCOUNTS: 'true' })
  const [asking, owner] = [await logIn(app), await logIn(app)]
  const taken = await ask(asking.token, owner.email, PASSWORD, app)
  await app.mailer.idle()
  const free = newEmail()
  const untaken = await ask(asking.token, free, PASSWORD, app)
  t.equal(taken.statusCode, 200)
  t.equal(taken.body, untaken.body)
  t.same((await subjectsTo(app, owner.email)).slice(1), ['You already have an account'])
  t.same(await subjectsTo(app, free), ['Confirm your new e-mail address'])
  t.same(
    (await subjectsTo(app, asking.email)).slice(1),
    Array(2).fill('Your e-mail address is about to change'),
    'the notice tells nothing either',
  )
})

t.test('the password must be right', async t => {
  const { token, email } = await logIn(app)
  const wanted = newEmail()
  expectError(t, await ask(token, wanted, 'Coruscant19BBY'), 403, 'password-wrong')
  t.same(await mailsTo(app, wanted), [])
  t.equal((await subjectsTo(app, email)).length, 1)
})

t.test('threat: an intruder in an open session guesses the confirming password', async t => {
  const app = await build(t, { ACCOUNT_ATTEMPTS_MAX: '3' })
  const { token } = await logIn(app)
  for (let i = 0; i < 8; i++) expectError(t, await ask(token, newEmail(), 'Coruscant19BBY', app), 403, 'password-wrong')
  expectError(t, await ask(token, newEmail(), PASSWORD, app), 429, 'too-many-attempts', { limit: 'account' })
})

t.test('threat: a link to one’s own mailbox completes a change to somebody else’s', async t => {
  const { token, email, link } = await asked()
  const victims = newEmail()
  await ask(token, victims)
  expectError(t, await open(link), 401, 'token-invalid')
  t.ok(await findUserByEmail(app.db, email), 'nothing has changed')
  t.equal((await open(await mailedToken(app, victims))).statusCode, 200, 'the newer one works')
})

t.test('threat: the first mail is late, and comes after the second was asked for', async t => {
  // Nothing but what wakes it below makes the worker look.
  const app = await build(t)
  const { token } = await logIn(app)
  const { wake } = app.mailer
  app.mailer.wake = () => {}
  const [mine, victims] = [newEmail(), newEmail()]
  await ask(token, mine, PASSWORD, app)
  await ask(token, victims, PASSWORD, app)
  app.mailer.wake = wake
  app.mailer.wake()
  t.same(await subjectsTo(app, mine), [], 'it is not sent at all')
  t.same(await subjectsTo(app, victims), ['Confirm your new e-mail address'])
})

t.test('threat: what was mailed to the old address still opens the account after the change', async t => {
  const { email, link } = await asked()
  const mailed = await forgotten(app, email)
  await open(link)
  const payload = { token: mailed.token, new_password: 'Bespin1980' }
  expectError(t, await call(app, 'POST', '/users/v1/password_reset', { payload }), 401, 'token-invalid')
})

t.test("threat: an intruder's pending change of e-mail survives the owner's change of password", async t => {
  const { token, email, link } = await asked()
  const payload = { old_password: PASSWORD, new_password: 'Bespin1980' }
  t.equal((await call(app, 'PUT', '/users/v1/password', { token, payload })).statusCode, 200)
  expectError(t, await open(link), 401, 'token-invalid')
  t.ok(await findUserByEmail(app.db, email))
})

t.test('an address that was taken meanwhile stays its owner’s, and the link says so', async t => {
  const { email, wanted, link } = await asked()
  await call(app, 'POST', '/users/v1/signup', { payload: { email: wanted, password: 'Bespin1980' } })
  expectError(t, await open(link), 400, 'user-already-exists')
  t.ok(await findUserByEmail(app.db, email))
})

t.test('a link that expired is refused', async t => {
  const { link, email } = await asked()
  await app.db
    .updateTable('one_time_tokens')
    .set({ expires_at: Date.now() - 1 })
    .where('purpose', '=', 'email-change')
    .execute()
  expectError(t, await open(link), 401, 'token-invalid')
  t.ok(await findUserByEmail(app.db, email))
})

for (const number of REAL ? [1, 2] : [1]) {
  t.test(`of ten users who verify one address at the same moment on ${number} instance(s), one succeeds`, async t => {
    const apps = await instances(t, number)
    const [app] = apps
    const wanted = newEmail()
    const links: string[] = []
    for (let i = 0; i < 10; i++) {
      const { token } = await logIn(app)
      await ask(token, wanted, PASSWORD, app)
      // Ten asking for one address are more than its mailbox gets within the hour.
      await app.db.updateTable('outbox').set({ created_at: 0 }).execute()
      links.push(await mailedToken(app, wanted))
    }
    t.equal(new Set(links).size, 10)
    const answers = await Promise.all(links.map((link, i) => open(link, apps[i % number])))
    t.same(answers.map(outcome).sort(), ['200', ...Array(9).fill('400 user-already-exists')])
    const owners = await app.db.selectFrom('users').select('id').where('email', '=', wanted).execute()
    t.equal(owners.length, 1)
  })

  t.test(`of 20 parallel uses of one link on ${number} instance(s), one succeeds`, async t => {
    const apps = await instances(t, number)
    const { link } = await asked(apps[0])
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => open(link, apps[i % number])))
    t.same(answers.map(outcome).sort(), ['200', ...Array(19).fill('401 token-invalid')])
  })
}

t.test("of a user's parallel requests one remains, and only its link works", async t => {
  const { token, user_id } = await logIn(app)
  const addresses = Array.from({ length: 4 }, newEmail)
  const answers = await Promise.all(addresses.map(address => ask(token, address)))
  t.same(answers.map(outcome), Array(4).fill('200'))
  const { new_email } = await app.db
    .selectFrom('email_changes')
    .select('new_email')
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow()
  for (const address of addresses.filter(each => each !== new_email)) {
    const [mail] = await mailsTo(app, address)
    const link = /token=([\w-]+)/.exec(mail?.text ?? '')?.[1]
    if (link) expectError(t, await open(link), 401, 'token-invalid')
  }
  t.equal((await open(await mailedToken(app, new_email))).statusCode, 200)
})

t.test('threat: an account is used to flood mailboxes: five mails within the hour, wherever they go', async t => {
  const { token } = await logIn(app)
  const addresses = Array.from({ length: 8 }, newEmail)
  const mailed = []
  for (const address of addresses) {
    t.equal((await ask(token, address)).statusCode, 200)
    mailed.push((await mailsTo(app, address)).length)
  }
  t.same(mailed, [1, 1, 1, 1, 1, 0, 0, 0])
})

const bad: [name: string, payload: Record<string, unknown>, code: string, field: string][] = [
  ['no address', { password: PASSWORD }, 'email-invalid', 'email'],
  ['what is no address', { email: 'leia', password: PASSWORD }, 'email-invalid', 'email'],
  ['two addresses', { email: 'a@b.example, c@d.example', password: PASSWORD }, 'email-invalid', 'email'],
  ['a header', { email: 'a@b.example\r\nBcc: c@d.example', password: PASSWORD }, 'email-invalid', 'email'],
  [
    'something else',
    { email: 'a@b.example', password: PASSWORD, email_verified: true },
    'request-invalid',
    'email_verified',
  ],
]
for (const [name, payload, code, field] of bad)
  t.test(`${name} is refused`, async t => {
    const { token } = await logIn(app)
    expectError(t, await call(app, 'POST', URL, { token, payload }), 400, code, { in: 'body', field })
  })

t.test('no password is refused', async t => {
  const { token } = await logIn(app)
  const payload = { email: newEmail() }
  expectError(t, await call(app, 'POST', URL, { token, payload }), 403, 'reauthentication-required', { max_age: 900 })
})

t.test('without a token nothing happens', async t => {
  const payload = { email: newEmail(), password: PASSWORD }
  expectError(t, await call(app, 'POST', URL, { payload }), 401, 'authorisation-required')
  t.same(await mailsTo(app, payload.email), [])
})

async function instances(t: Test, number: number): Promise<[FastifyInstance, ...FastifyInstance[]]> {
  const env = await environment(t)
  const first = await build(t, env)
  return number === 1 ? [first] : [first, await build(t, env)]
}
