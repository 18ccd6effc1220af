import t from 'tap'
import { errors } from '#schemas/errors.ts'
import { findUser, findUserByEmail } from '#sql/users.ts'
import { build, call, logIn, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'

const URL = '/users/v1/login'
const WRONG = 'Coruscant19BBY'
const app = await build(t)

const attempt = (payload: object, headers: Record<string, string> = {}) => call(app, 'POST', URL, { payload, headers })

t.test('a login answers the tokens of a new session, which no cache may keep', async t => {
  const user = await verifiedUser(app)
  const response = await attempt(user)
  t.equal(response.statusCode, 200)
  t.equal(response.headers['cache-control'], 'no-store')
  const body = response.json()
  t.match(body, { token_type: 'Bearer', expires_in: 900, email: user.email, user_id: Number })
  t.same(Object.keys(body).sort(), ['email', 'expires_in', 'refresh_token', 'token', 'token_type', 'user_id'])
  t.equal((await call(app, 'GET', '/films/v1/', { token: body.token })).statusCode, 200)
  t.ok((await findUser(app.db, body.user_id))?.last_login_at)
})

t.test('the session remembers the device, however odd its name', async t => {
  const user = await verifiedUser(app)
  const agents: [given: string, kept: string][] = [
    ['Holonet/1.0', 'Holonet/1.0'],
    ['x'.repeat(2000), 'x'.repeat(512)],
    ["'; DROP TABLE sessions; --", "'; DROP TABLE sessions; --"],
    ['J\u00fcrgen \u{1f600}', 'J\u00fcrgen \u{1f600}'],
  ]
  for (const [given, kept] of agents) {
    const { user_id } = (await attempt(user, { 'user-agent': given })).json()
    const [session] = await app.db
      .selectFrom('sessions')
      .selectAll()
      .where('user_id', '=', user_id)
      .orderBy('id', 'desc')
      .execute()
    t.match(session, { user_agent: kept, ip: '127.0.0.1', generation: 1, revoked_at: null })
  }
})

t.test('two logins are two sessions: the end of one is not the end of the other', async t => {
  const user = await verifiedUser(app)
  const [one, two] = [await logIn(app, user), await logIn(app, user)]
  t.not(one.token, two.token)
  await call(app, 'POST', '/users/v1/logout', { token: one.token })
  t.equal((await call(app, 'GET', '/films/v1/', { token: two.token })).statusCode, 200)
})

t.test('an unknown e-mail and a wrong password are the same not-found', async t => {
  const { email } = await verifiedUser(app)
  const unknown = await attempt({ email: newEmail(), password: PASSWORD })
  const wrong = await attempt({ email, password: WRONG })
  expectError(t, unknown, 404, 'not-found')
  expectError(t, wrong, 404, 'not-found')
  t.equal(unknown.body, wrong.body)
  t.same(Object.keys(unknown.headers), Object.keys(wrong.headers))
})

const states = [
  ['unproved', { email_verified: 0 }, 'email-unverified'],
  ['disabled', { disabled: 1 }, 'account-disabled'],
  ['disabled and unproved', { disabled: 1, email_verified: 0 }, 'account-disabled'],
] as const
for (const [name, change, code] of states)
  t.test(`only the right password learns that an account is ${name} (enumeration)`, async t => {
    const user = await verifiedUser(app)
    await app.db.updateTable('users').set(change).where('email', '=', user.email).execute()
    expectError(t, await attempt(user), 400, code)
    expectError(t, await attempt({ ...user, password: WRONG }), 404, 'not-found')
    const { id } = (await findUserByEmail(app.db, user.email)) ?? { id: 0 }
    t.same(await app.db.selectFrom('sessions').select('id').where('user_id', '=', id).execute(), [])
  })

t.test('what is missing, of the wrong type or unknown is named', async t => {
  const user = await verifiedUser(app)
  const cases: [fields: object, code: string, field: string][] = [
    [{ email: undefined }, 'email-invalid', 'email'],
    [{ email: 'leia' }, 'email-invalid', 'email'],
    [{ email: [user.email] }, 'email-invalid', 'email'],
    [{ email: { $gt: '' } }, 'email-invalid', 'email'],
    [{ email: null }, 'email-invalid', 'email'],
    [{ password: undefined }, 'password-invalid', 'password'],
    [{ password: 'short' }, 'password-invalid', 'password'],
    [{ password: [PASSWORD] }, 'password-invalid', 'password'],
    [{ password: { $ne: '' } }, 'password-invalid', 'password'],
    [{ password: true }, 'password-invalid', 'password'],
    [{ remember: true }, 'request-invalid', 'remember'],
    [{ access_role: 'admin' }, 'request-invalid', 'access_role'],
  ]
  for (const [fields, code, field] of cases)
    expectError(t, await attempt({ ...user, ...fields }), 400, code, { in: 'body', field })
})

const injections = [`' OR '1'='1`, `" OR ""="`, `'/**/OR/**/1=1#`, `admin'--`, `\\' OR 1=1 --`, '{{7*7}}', '%', '_']
for (const injection of injections)
  t.test(`${injection} opens no account (SQL injection)`, async t => {
    await verifiedUser(app)
    const local = `"${injection.replace(/[\\"]/g, '\\$&')}"`
    for (const email of [`${local}@alderaan.example`, `${injection.replace(/[^\w%'=*/{}$-]/g, '')}@alderaan.example`])
      expectError(t, await attempt({ email, password: PASSWORD }), 404, 'not-found')
  })

t.test('a wildcard in an address matches that address only', async t => {
  const user = await verifiedUser(app, `jyn%${newEmail()}`)
  expectError(t, await attempt({ ...user, email: user.email.replace('jyn%', 'jynx') }), 404, 'not-found')
  t.equal((await attempt(user)).statusCode, 200)
})

t.test('an account that is disabled while its password is being checked gets no session', async t => {
  const app = await build(t)
  const user = await verifiedUser(app)
  const { verify } = app.passwords
  app.passwords.verify = async (hash, password) => {
    await app.db.updateTable('users').set({ disabled: 1 }).where('email', '=', user.email).execute()
    return verify(hash, password)
  }
  expectError(t, await call(app, 'POST', URL, { payload: user }), 400, 'account-disabled')
  t.same(await app.db.selectFrom('sessions').selectAll().execute(), [])
})

t.test('a full hashing queue is a 503 with Retry-After', async t => {
  const app = await build(t)
  const user = await verifiedUser(app)
  app.passwords.verify = async () => {
    throw errors.unavailable({ retryAfter: 2 })
  }
  expectError(t, await call(app, 'POST', URL, { payload: user }), 503, 'service-unavailable')
})

t.test('beyond the budget the answer is 429, right password or not, and says which limit it was', async t => {
  const app = await build(t, { AUTH_RATE_LIMIT_MAX: '5' })
  const user = await verifiedUser(app) // Two of the five were its sign-up and its verification.
  for (let i = 0; i < 3; i++)
    expectError(t, await call(app, 'POST', URL, { payload: { ...user, password: WRONG } }), 404, 'not-found')
  const limited = { limit: 'AUTH_RATE_LIMIT_MAX', max: 5 }
  expectError(t, await call(app, 'POST', URL, { payload: user }), 429, 'too-many-requests', limited)
})
