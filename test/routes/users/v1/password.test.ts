import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import {
  build,
  call,
  codeOf,
  environment,
  type LoggedIn,
  logIn,
  PASSWORD,
  REAL,
  verifiedUser,
} from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { eventKinds, forgotten, mailsTo, subjectsTo } from '../../../support/mails.ts'
import { dead, nextTokens, outcome, readFilms, rotate } from '../../../support/session.ts'

const URL = '/users/v1/password'
const NEW = 'Bespin1980'
const ROUNDS = 10

const app = await build(t)

const change = (token: string, new_password: unknown = NEW, old_password: unknown = PASSWORD, on = app) =>
  call(on, 'PUT', URL, { token, payload: { old_password, new_password } })

const login = (email: string, password: string, on = app) =>
  call(on, 'POST', '/users/v1/login', { payload: { email, password } })

t.test('the new password opens the account from now on, and the old one does not', async t => {
  const { email, token } = await logIn(app)
  const answer = await change(token)
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers['cache-control'], 'no-store')
  t.equal((await login(email, NEW)).statusCode, 200)
  t.equal(codeOf(await login(email, PASSWORD)), 'not-found')
})

t.test('the current password is refused as the new one, and nothing changes', async t => {
  const { email, token } = await logIn(app)
  expectError(t, await change(token, PASSWORD), 400, 'password-unchanged')
  t.equal(outcome(await readFilms(app, token)), '200')
  t.notOk((await subjectsTo(app, email)).includes('Your password was changed'))
})

t.test('this session continues with new tokens, its old ones are invalid, and all others end', async t => {
  const user = await verifiedUser(app)
  const [mine, other, third] = [await logIn(app, user), await logIn(app, user), await logIn(app, user)]
  const rotated = await nextTokens(app, third.refresh_token)
  const next = (await change(mine.token)).json<LoggedIn>()
  t.match(next, {
    token: String,
    refresh_token: String,
    token_type: 'Bearer',
    expires_in: Number,
    user_id: mine.user_id,
  })
  t.equal(outcome(await readFilms(app, mine.token)), '401 token-invalid')
  t.equal(outcome(await readFilms(app, next.token)), '200')
  for (const each of [other, third, rotated]) t.ok(await dead(app, each))
  t.equal(outcome(await rotate(app, next.refresh_token)), '200', 'the session goes on')
})

t.test("another user's session is unaffected", async t => {
  const [mine, stranger] = [await logIn(app), await logIn(app)]
  await change(mine.token)
  t.equal(outcome(await readFilms(app, stranger.token)), '200')
})

t.test('a notice is mailed, and an audit event recorded', async t => {
  const { email, token, user_id } = await logIn(app)
  await change(token)
  t.same((await subjectsTo(app, email)).slice(1), ['Your password was changed'])
  t.same((await eventKinds(app, user_id)).slice(-1), ['password-changed'])
  const [notice] = await mailsTo(app, email)
  t.notMatch(JSON.stringify(notice), NEW)
  t.notMatch(JSON.stringify(notice), /token/)
})

t.test('threat: a link or code that was mailed before the change, perhaps to an intruder, still works', async t => {
  const { email, token } = await logIn(app)
  const mailed = await forgotten(app, email)
  await change(token)
  const payload = { token: mailed.token, new_password: 'Dagobah1980' }
  expectError(t, await call(app, 'POST', '/users/v1/password_reset', { payload }), 401, 'token-invalid')
  const code = await call(app, 'POST', '/users/v1/validate_code', { payload: { email, code: mailed.code } })
  expectError(t, code, 400, 'code-invalid')
})

t.test('threat: an intruder in an open session guesses the confirming password', async t => {
  const app = await build(t, { ACCOUNT_ATTEMPTS_MAX: '3' })
  const { token, user_id } = await logIn(app)
  // The account's budget first; then, as its user has logged in from here, the one of this place.
  for (let i = 0; i < 8; i++) expectError(t, await change(token, NEW, 'Coruscant19BBY', app), 403, 'password-wrong')
  expectError(t, await change(token, NEW, PASSWORD, app), 429, 'too-many-attempts', { limit: 'account' })
  t.equal(outcome(await readFilms(app, token)), '200', 'the session goes on')
  t.same((await eventKinds(app, user_id)).slice(-8), Array(8).fill('reauthentication-failed'))
})

t.test(
  'threat: a stolen session that has just authenticated again guesses the current password as the new one',
  async t => {
    const app = await build(t, { ACCOUNT_ATTEMPTS_MAX: '3' })
    const first = await logIn(app)
    const payload = { password: PASSWORD }
    const { token } = (
      await call(app, 'POST', '/users/v1/reauthenticate', { token: first.token, payload })
    ).json<LoggedIn>()
    const guess = (new_password: string) => call(app, 'PUT', URL, { token, payload: { new_password } })
    // Both budgets, as above.
    for (let i = 0; i < 8; i++) expectError(t, await guess(PASSWORD), 400, 'password-unchanged')
    for (const right of [PASSWORD, NEW])
      expectError(t, await guess(right), 429, 'too-many-attempts', { limit: 'account' })
  },
)

t.test('a change that was made counts as no attempt', async t => {
  const app = await build(t, { ADDRESS_ATTEMPTS_MAX: '3' })
  let { token } = await logIn(app)
  for (let i = 0; i < 8; i++) {
    const [from, to] = i % 2 === 0 ? [PASSWORD, NEW] : [NEW, PASSWORD]
    const changed = await change(token, to, from, app)
    t.equal(outcome(changed), '200')
    token = changed.json<LoggedIn>().token
  }
})

t.test(
  'a stronger hash that a login stores meanwhile does not stop the change, and the new password is hashed once',
  async t => {
    const app = await build(t)
    const { email, token } = await logIn(app)
    const { hash } = app.passwords
    const hashed: string[] = []
    app.passwords.hash = async password => {
      hashed.push(password)
      const password_hash = await hash(PASSWORD)
      await app.db.updateTable('users').set({ password_hash }).where('email', '=', email).execute()
      return hash(password)
    }
    t.equal(outcome(await change(token, NEW, PASSWORD, app)), '200')
    t.same(hashed, [NEW])
  },
)

const bad: [name: string, payload: Record<string, unknown>, code: string, field: string][] = [
  [
    'a new password against the rule',
    { old_password: PASSWORD, new_password: 'short' },
    'password-invalid',
    'new_password',
  ],
  ['no new password', { old_password: PASSWORD }, 'password-invalid', 'new_password'],
  ['an empty old password', { old_password: '', new_password: NEW }, 'request-invalid', 'old_password'],
  ['an endless old password', { old_password: 'x'.repeat(1025), new_password: NEW }, 'request-invalid', 'old_password'],
  ['a list', { old_password: [PASSWORD], new_password: NEW }, 'request-invalid', 'old_password'],
  [
    'something else',
    { old_password: PASSWORD, new_password: NEW, access_role: 'admin' },
    'request-invalid',
    'access_role',
  ],
]
for (const [name, payload, code, field] of bad)
  t.test(`${name} is refused, and the password stays`, async t => {
    const { email, token } = await logIn(app)
    expectError(t, await call(app, 'PUT', URL, { token, payload }), 400, code, { in: 'body', field })
    t.equal((await login(email, PASSWORD)).statusCode, 200)
  })

t.test('a common password is rejected, in any case', async t => {
  const { token } = await logIn(app)
  for (const common of ['Password1', 'PassworD1', 'Qwerty123', 'Trustno1'])
    expectError(t, await change(token, common), 400, 'password-too-common')
})

t.test('no old password is refused', async t => {
  const { token } = await logIn(app)
  const answer = await call(app, 'PUT', URL, { token, payload: { new_password: NEW } })
  expectError(t, answer, 403, 'reauthentication-required', { max_age: 900 })
})

t.test('without a token, or with one of another kind, nothing happens', async t => {
  const { email, refresh_token } = await logIn(app)
  const payload = { old_password: PASSWORD, new_password: NEW }
  expectError(t, await call(app, 'PUT', URL, { payload }), 401, 'authorisation-required')
  expectError(t, await call(app, 'PUT', URL, { token: refresh_token, payload }), 401, 'token-invalid')
  t.equal((await login(email, PASSWORD)).statusCode, 200)
})

t.test('a browser gets its next session in the cookie, and no token that a script could read', async t => {
  const { email } = await verifiedUser(app)
  const headers = { 'sec-fetch-site': 'same-origin' }
  const opened = await call(app, 'POST', '/sessions/v1/', { payload: { email, password: PASSWORD }, headers })
  const before = cookieOf(opened)
  const payload = { old_password: PASSWORD, new_password: NEW }
  expectError(t, await call(app, 'PUT', URL, { payload, headers: { cookie: before } }), 403, 'cross-site')
  const answer = await call(app, 'PUT', URL, { payload, headers: { ...headers, cookie: before } })
  t.equal(answer.statusCode, 200)
  t.same(answer.json(), { status: 'ok' })
  const me = (cookie: string) => call(app, 'GET', '/users/v1/me', { headers: { cookie } })
  t.equal((await me(before)).statusCode, 401)
  t.equal((await me(cookieOf(answer))).statusCode, 200)
})

for (const number of REAL ? [1, 2] : [1])
  t.test(
    `logins and rotations racing the change on ${number} instance(s) leave no token of the old password`,
    async t => {
      const apps = await instances(t, number)
      const [app] = apps
      const other = apps.at(-1) ?? app
      const { email } = await verifiedUser(app)
      let [from, to] = [PASSWORD, NEW]
      for (let round = 0; round < ROUNDS; round++) {
        const user = { email, password: from }
        const [mine, another] = [await logIn(app, user), await logIn(other, user)]
        const [changed, ...answers] = await Promise.all([
          change(mine.token, to, from, app),
          login(email, from, app),
          rotate(other, another.refresh_token),
          login(email, from, other),
          rotate(app, another.refresh_token),
        ])
        t.equal(changed.statusCode, 200, changed.body)
        const losers = answers.filter(({ statusCode }) => statusCode === 200).map(answer => answer.json<LoggedIn>())
        for (const loser of [another, ...losers]) for (const on of apps) t.ok(await dead(on, loser))
        for (const on of apps) t.equal(outcome(await readFilms(on, changed.json<LoggedIn>().token)), '200')
        t.equal(outcome(await login(email, from, other)), '404 not-found')
        ;[from, to] = [to, from]
      }
    },
  )

t.test('of parallel changes one succeeds, and its password counts', async t => {
  const user = await verifiedUser(app)
  const sessions = [await logIn(app, user), await logIn(app, user), await logIn(app, user), await logIn(app, user)]
  const answers = await Promise.all(sessions.map(({ token }, i) => change(token, `Kamino22BBY${i}`)))
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1)
  const winner = answers.findIndex(({ statusCode }) => statusCode === 200)
  for (const answer of answers) t.ok(['200', '401 token-invalid', '403 password-wrong'].includes(outcome(answer)))
  t.equal((await login(user.email, `Kamino22BBY${winner}`)).statusCode, 200)
})

t.test('rotating this session during the change leaves it alive', async t => {
  const user = await verifiedUser(app)
  let [from, to] = [PASSWORD, NEW]
  for (let round = 0; round < ROUNDS; round++) {
    const mine = await logIn(app, { email: user.email, password: from })
    const [changed, rotated] = await Promise.all([change(mine.token, to, from), rotate(app, mine.refresh_token)])
    // The rotation may have killed the access token before the change was looked at.
    if (changed.statusCode === 200) {
      t.equal(outcome(await rotate(app, changed.json<LoggedIn>().refresh_token)), '200')
      ;[from, to] = [to, from]
    } else t.equal(outcome(changed), '401 token-invalid')
    // If the change came first, the other refresh token was dead already.
    t.match(outcome(rotated), /^200$|^401 token-invalid$/)
  }
})

async function instances(t: Test, number: number): Promise<[FastifyInstance, ...FastifyInstance[]]> {
  const env = await environment(t)
  const first = await build(t, env)
  return number === 1 ? [first] : [first, await build(t, env)]
}

function cookieOf({ headers }: Awaited<ReturnType<typeof call>>): string {
  return String(headers['set-cookie']).split(';')[0] ?? ''
}
