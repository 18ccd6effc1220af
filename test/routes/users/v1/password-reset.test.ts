import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import {
  build,
  call,
  codeOf,
  environment,
  type LoggedIn,
  logIn,
  mailedToken,
  newEmail,
  PASSWORD,
  REAL,
  verifiedUser,
} from '../../../support/app.ts'
import { expectError, expectSecurityHeaders } from '../../../support/error-response.ts'
import { eventKinds, forgotten, mailsTo, subjectsTo } from '../../../support/mails.ts'
import { dead, outcome, readFilms, rotate } from '../../../support/session.ts'
import { failUpdates } from '../../../support/transactions.ts'

const URL = '/users/v1/password_reset'
const NEW = 'Bespin1980'
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const FORM = { ...BROWSER, 'content-type': 'application/x-www-form-urlencoded' }

const app = await build(t)

const reset = (token: unknown, new_password: unknown = NEW, on = app) =>
  call(on, 'POST', URL, { payload: { token, new_password } })

const login = (email: string, password: string, on = app) =>
  call(on, 'POST', '/users/v1/login', { payload: { email, password } })

async function asked(on = app) {
  const user = await verifiedUser(on)
  return { user, ...user, ...(await forgotten(on, user.email)) }
}

t.test('the link’s token sets the password, once', async t => {
  const { email, token } = await asked()
  const answer = await reset(token)
  t.equal(answer.statusCode, 200)
  t.same(answer.json(), { status: 'ok' })
  t.equal(answer.headers['cache-control'], 'no-store')
  t.equal((await login(email, NEW)).statusCode, 200)
  t.equal(codeOf(await login(email, PASSWORD)), 'not-found')
  expectError(t, await reset(token, 'Dagobah1980'), 401, 'token-invalid')
})

t.test('all sessions are invalid immediately, also on another instance', async t => {
  const env = await environment(t)
  const apps = REAL ? [await build(t, env), await build(t, env)] : [await build(t, env)]
  const app = apps[0] as FastifyInstance
  const { user, token } = await asked(app)
  const sessions = [await logIn(app, user), await logIn(apps.at(-1) ?? app, user)]
  t.equal((await reset(token, NEW, app)).statusCode, 200)
  for (const on of apps) for (const session of sessions) t.ok(await dead(on, session))
})

t.test('the address counts as verified', async t => {
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  const { token } = await forgotten(app, email)
  t.equal(codeOf(await login(email, PASSWORD)), 'email-unverified')
  t.equal((await reset(token)).statusCode, 200)
  t.equal((await login(email, NEW)).statusCode, 200)
})

t.test(
  'threat: somebody signed up with a victim’s address; the owner resets the password, and the stranger is out',
  async t => {
    const email = newEmail()
    await call(app, 'POST', '/users/v1/signup', { payload: { email, password: 'Mustafar19BBY' } })
    const link = await mailedToken(app, email)
    await reset((await forgotten(app, email)).token)
    t.equal(codeOf(await login(email, 'Mustafar19BBY')), 'not-found')
    expectError(
      t,
      await call(app, 'POST', '/users/v1/email_verification', { payload: { token: link } }),
      401,
      'token-invalid',
    )
  },
)

t.test('a notice is mailed, and an audit event recorded', async t => {
  const { user, email, token } = await asked()
  const { user_id } = await logIn(app, user)
  await reset(token)
  t.same((await subjectsTo(app, email)).slice(1), ['Choose a new password', 'Your password was changed'])
  t.match((await mailsTo(app, email))[0]?.text.replaceAll('\n', ' '), 'All devices were signed out.')
  // Both in one millisecond, perhaps: in either order.
  t.same((await eventKinds(app, user_id)).slice(-2).sort(), ['password-reset', 'session-ended'])
})

t.test("threat: an intruder's pending change of e-mail survives the owner's reset", async t => {
  const { user, email, token } = await asked()
  const intruder = await logIn(app, user)
  const foreign = newEmail()
  const payload = { email: foreign, password: PASSWORD }
  t.equal((await call(app, 'POST', '/users/v1/email', { token: intruder.token, payload })).statusCode, 200)
  const link = await mailedToken(app, foreign)
  await reset(token)
  expectError(
    t,
    await call(app, 'POST', '/users/v1/email_verification', { payload: { token: link } }),
    401,
    'token-invalid',
  )
  t.ok(await findUserByEmail(app.db, email))
})

t.test('a user locked out by guesses at the old password can log in after the reset', async t => {
  const app = await build(t, { ACCOUNT_ATTEMPTS_MAX: '2' })
  const { email, token } = await asked(app)
  for (let i = 0; i < 3; i++) await login(email, 'Coruscant19BBY', app)
  t.equal(codeOf(await login(email, PASSWORD, app)), 'too-many-attempts')
  t.equal((await reset(token, NEW, app)).statusCode, 200)
  t.equal((await login(email, NEW, app)).statusCode, 200)
})

for (const number of REAL ? [1, 2] : [1]) {
  t.test(`of 20 parallel resets with one token on ${number} instance(s), one succeeds`, async t => {
    const apps = await instances(t, number)
    const { email, token } = await asked(apps[0])
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => reset(token, `Kamino22BBY${i}`, apps[i % number])),
    )
    t.same(answers.map(outcome).sort(), ['200', ...Array(19).fill('401 token-invalid')])
    const winner = answers.findIndex(({ statusCode }) => statusCode === 200)
    t.equal((await login(email, `Kamino22BBY${winner}`, apps[0])).statusCode, 200)
  })

  t.test(`logins and rotations racing a reset on ${number} instance(s) leave no live token`, async t => {
    const apps = await instances(t, number)
    const [app] = apps
    const other = apps.at(-1) ?? app
    const { email } = await verifiedUser(app)
    for (let round = 0; round < 5; round++) {
      const password = `Kamino22BBY${round}`
      await reset((await forgotten(app, email)).token, password, app)
      const before = await logIn(other, { email, password })
      const { token } = await forgottenAgain(app, email)
      const [done, ...answers] = await Promise.all([
        reset(token, NEW, app),
        login(email, password, app),
        login(email, password, other),
        rotate(other, before.refresh_token),
      ])
      t.equal(done.statusCode, 200, done.body)
      const losers = answers.filter(({ statusCode }) => statusCode === 200).map(answer => answer.json<LoggedIn>())
      for (const loser of [before, ...losers]) for (const on of apps) t.ok(await dead(on, loser))
    }
  })
}

async function instances(t: Test, number: number): Promise<[FastifyInstance, ...FastifyInstance[]]> {
  // The second one sends no mails of the first.
  const env = await environment(t)
  const first = await build(t, env)
  return number === 1 ? [first] : [first, await build(t, env)]
}

/** As often as it takes, where the limit of mails within the hour would end it. */
async function forgottenAgain(app: FastifyInstance, email: string) {
  await app.db.updateTable('outbox').set({ created_at: 0 }).execute()
  return forgotten(app, email)
}

t.test('no other token resets a password', async t => {
  const { email, token } = await asked()
  const { token: verification } = await signedUp()
  for (const wrong of [
    'x',
    token.toUpperCase(),
    token.slice(1),
    `${token}x`,
    `${token} `,
    verification,
    'x'.repeat(10_000),
  ])
    expectError(t, await reset(wrong), 401, 'token-invalid')
  for (const none of [undefined, '']) expectError(t, await reset(none), 401, 'authorisation-required')
  expectError(t, await reset([token]), 400, 'request-invalid', { in: 'body', field: 'token' })
  t.equal((await login(email, PASSWORD)).statusCode, 200)
})

t.test('the token verifies no address, and no access token resets a password', async t => {
  const { user, token } = await asked()
  expectError(t, await call(app, 'POST', '/users/v1/email_verification', { payload: { token } }), 401, 'token-invalid')
  const session = await logIn(app, user)
  expectError(t, await reset(session.token), 401, 'token-invalid')
  t.equal(outcome(await readFilms(app, session.token)), '200')
  t.equal((await reset(token)).statusCode, 200, 'it still works')
})

t.test('threat: made-up tokens keep the service busy with hashing', async t => {
  const app = await build(t)
  let hashed = 0
  const { hash } = app.passwords
  app.passwords.hash = password => {
    hashed++
    return hash(password)
  }
  for (let i = 0; i < 5; i++) await reset('x'.repeat(43), NEW, app)
  t.equal(hashed, 0)
})

t.test('an invalid password consumes nothing', async t => {
  const { token } = await asked()
  expectError(t, await reset(token, 'short'), 400, 'password-invalid', { in: 'body', field: 'new_password' })
  expectError(t, await call(app, 'POST', URL, { payload: { token } }), 400, 'password-invalid', {
    in: 'body',
    field: 'new_password',
  })
  expectError(t, await reset(token, 'Password1'), 400, 'password-too-common')
  t.equal((await reset(token)).statusCode, 200)
})

t.test('a link that expired is refused', async t => {
  const { token } = await asked()
  await app.db
    .updateTable('one_time_tokens')
    .set({ expires_at: Date.now() - 1 })
    .where('purpose', '=', 'password-reset')
    .execute()
  expectError(t, await reset(token), 401, 'token-invalid')
})

t.test('a newer mail invalidates the link of an older one', async t => {
  const { email, token } = await asked()
  const newer = await forgotten(app, email)
  expectError(t, await reset(token), 401, 'token-invalid')
  t.equal((await reset(newer.token)).statusCode, 200)
})

t.test('a disabled account stays disabled, and keeps its password', async t => {
  const { email, token } = await asked()
  await app.db.updateTable('users').set({ disabled: 1 }).where('email', '=', email).execute()
  expectError(t, await reset(token), 401, 'token-invalid')
  t.equal(codeOf(await login(email, PASSWORD)), 'account-disabled')
})

t.test('a reset that fails midway changes nothing', async t => {
  const app = await build(t)
  const { user, token } = await asked(app)
  const session = await logIn(app, user)
  const intercepted = failUpdates(t, app, 'sessions')
  t.equal((await reset(token, NEW, app)).statusCode, 503)
  intercepted.restore()
  t.equal(outcome(await readFilms(app, session.token)), '200')
  t.equal((await login(user.email, PASSWORD, app)).statusCode, 200)
  t.equal((await reset(token, NEW, app)).statusCode, 200, 'the link still works')
})

t.test('threat: a mail scanner follows the link: by GET and HEAD nothing is used up', async t => {
  const { token } = await asked()
  for (const accept of [BROWSER.accept, '*/*', 'application/json']) {
    const shown = await call(app, 'GET', `${URL}?token=${token}`, { headers: { accept } })
    t.equal(shown.statusCode, 200)
    t.equal(shown.headers['content-type'], 'text/html; charset=utf-8')
  }
  await call(app, 'HEAD', `${URL}?token=${token}`)
  t.equal((await reset(token)).statusCode, 200)
})

t.test("the page's form sets the password; sent again it says that the link was used", async t => {
  const { email, token } = await asked()
  const shown = await call(app, 'GET', `${URL}?token=${token}`, { headers: BROWSER })
  const [, action, hidden] =
    /<form method="post" action="(.*?)">\s*<input type="hidden" name="token" value="(.*?)"/.exec(shown.body) ?? []
  t.equal(action, URL, 'without the token')
  t.match(shown.body, '8 to 32 characters')
  const send = (password: string) =>
    call(app, 'POST', `${action}`, { payload: `token=${hidden}&new_password=${password}`, headers: FORM })

  for (const [password, problem] of [
    ['short', 'Choose a password of 8 to 32 characters, with'],
    ['Password1', 'too common'],
  ] as const) {
    const asking = await send(password)
    t.equal(asking.statusCode, 400)
    t.match(asking.body, problem)
    t.match(asking.body, `value="${token}"`, 'and the form is there again')
    t.notMatch(asking.body, `"${password}"`)
  }
  const done = await send(NEW)
  t.equal(done.statusCode, 200)
  t.match(done.body, 'Your password was changed')
  t.equal((await login(email, NEW)).statusCode, 200)

  const again = await send(NEW)
  t.equal(again.statusCode, 401)
  t.match(again.body, 'no longer works')
})

t.test('a page can neither be framed nor run a script, and no cache keeps it', async t => {
  const evil = encodeURIComponent('"><script>alert(1)</script>')
  const asking = await call(app, 'GET', `${URL}?token=${evil}`, { headers: BROWSER })
  const again = await call(app, 'POST', URL, { payload: `token=${evil}&new_password=short`, headers: FORM })
  const failed = await call(app, 'POST', URL, { payload: `token=x&new_password=${NEW}`, headers: FORM })
  for (const { body } of [asking, again]) t.notMatch(body, /<script/)
  t.notMatch(again.body, 'alert(1)', 'a token that does not work is not shown')
  for (const { headers } of [asking, again, failed]) {
    expectSecurityHeaders(t, headers, ['content-security-policy'])
    t.match(headers['content-security-policy'], /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/)
    t.equal(headers['cache-control'], 'no-store')
    t.equal(headers['referrer-policy'], 'no-referrer', 'the token in the address goes to nobody')
  }
})

t.test('without a token, the page is an answer for whoever asks: a page or JSON', async t => {
  expectError(t, await call(app, 'GET', URL), 401, 'authorisation-required')
  const shown = await call(app, 'GET', URL, { headers: BROWSER })
  t.equal(shown.statusCode, 401)
  t.match(shown.body, 'no longer works')
  const odd = await call(app, 'POST', URL, { payload: 'new_password=short', headers: FORM })
  t.equal(odd.statusCode, 400)
  t.equal(odd.headers['content-type'], 'text/html; charset=utf-8')
})

t.test('beyond the budget the answer is 429, and says which limit it was', async t => {
  const app = await build(t, { AUTH_RATE_LIMIT_MAX: '2' })
  for (let i = 0; i < 2; i++) expectError(t, await reset('x', NEW, app), 401, 'token-invalid')
  expectError(t, await reset('x', NEW, app), 429, 'too-many-requests', { limit: 'AUTH_RATE_LIMIT_MAX', max: 2 })
})

async function signedUp() {
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  return { email, token: await mailedToken(app, email) }
}
