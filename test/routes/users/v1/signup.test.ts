import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { errors } from '#schemas/errors.ts'
import { findUserByEmail } from '#sql/users.ts'
import { build, call, codeOf, logIn, newEmail, PASSWORD, reauthenticated, verifiedUser } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'

const URL = '/users/v1/signup'
const app = await build(t)

const signUp = (fields: Record<string, unknown>, token?: string, headers: Record<string, string> = {}) =>
  call(app, 'POST', URL, {
    payload: { email: newEmail(), password: PASSWORD, ...fields },
    headers,
    ...(token && { token }),
  })

async function adminsToken(app: FastifyInstance): Promise<string> {
  const user = await verifiedUser(app)
  await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', user.email).execute()
  return (await reauthenticated(app, await logIn(app, user))).token
}

t.test('an account starts unverified, enabled, and as a basic user', async t => {
  const email = newEmail()
  const response = await signUp({ email })
  t.equal(response.statusCode, 200)
  t.same(response.json(), { status: 'ok' })
  t.equal(response.headers['cache-control'], 'no-store')
  t.match(await findUserByEmail(app.db, email), { email_verified: 0, disabled: 0, access_role: 'basic' })
})

t.test('the password is stored as argon2id only', async t => {
  const email = newEmail()
  await signUp({ email })
  const row = await findUserByEmail(app.db, email)
  t.match(row?.password_hash, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
  t.notMatch(JSON.stringify(row), PASSWORD)
})

t.test('a known e-mail is rejected, and its account unchanged', async t => {
  const email = newEmail()
  await signUp({ email })
  const before = await findUserByEmail(app.db, email)
  expectError(t, await signUp({ email, password: 'Coruscant19BBY' }), 400, 'user-already-exists')
  t.same(await findUserByEmail(app.db, email), before)
})

t.test('twenty parallel sign-ups with one e-mail create one account and one mail', async t => {
  const email = newEmail()
  const answers = await Promise.all(Array.from({ length: 20 }, () => signUp({ email })))
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1)
  t.equal(answers.filter(answer => codeOf(answer) === 'user-already-exists').length, 19)
  await app.mailer.idle()
  const rows = await app.db.selectFrom('users').select('id').where('email', '=', email).execute()
  t.equal(rows.length, 1)
  t.equal(app.mailbox?.list(email).length, 1)
})

t.test('what is missing or of the wrong type is named', async t => {
  const cases: [fields: Record<string, unknown>, code: string, field: string][] = [
    [{ email: undefined }, 'email-invalid', 'email'],
    [{ password: undefined }, 'password-invalid', 'password'],
    ...[null, 1, true, [newEmail()], { email: newEmail() }, ''].map(
      email => [{ email }, 'email-invalid', 'email'] as never,
    ),
    ...[null, 12345678, true, [PASSWORD], { toString: PASSWORD }, ''].map(
      password => [{ password }, 'password-invalid', 'password'] as never,
    ),
    ...[null, 1, ['admin'], { $ne: 'basic' }, 'root', 'Admin', 'admin ', ''].map(
      access_role => [{ access_role }, 'request-invalid', 'access_role'] as never,
    ),
  ]
  for (const [fields, code, field] of cases)
    expectError(t, await signUp(fields), 400, code, { in: 'body', field: new RegExp(`^${field}$`) })
})

t.test('only administrators create administrators', async t => {
  const email = newEmail()
  const asAdmin = { email, access_role: 'admin' }
  const basic = await logIn(app)
  expectError(t, await signUp(asAdmin), 403, 'forbidden')
  expectError(t, await signUp(asAdmin, basic.token), 403, 'forbidden')
  expectError(t, await signUp(asAdmin, 'x.y.z'), 403, 'forbidden')
  t.equal(await findUserByEmail(app.db, email), undefined)

  t.equal((await signUp(asAdmin, await adminsToken(app))).statusCode, 200)
  t.equal((await findUserByEmail(app.db, email))?.access_role, 'admin')
})

t.test('an administrator who logged out cannot create one', async t => {
  const token = await adminsToken(app)
  await call(app, 'POST', '/users/v1/logout', { token })
  expectError(t, await signUp({ access_role: 'admin' }, token), 403, 'forbidden')
})

t.test("an administrator's refresh token cannot create one", async t => {
  const user = await verifiedUser(app)
  await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', user.email).execute()
  expectError(t, await signUp({ access_role: 'admin' }, (await logIn(app, user)).refresh_token), 403, 'forbidden')
})

t.test('a bad or dead token does not keep anybody from signing up', async t => {
  for (const token of ['x', 'x.y.z']) t.equal((await signUp({}, token)).statusCode, 200)
  t.equal((await signUp({ access_role: 'basic' })).statusCode, 200)
})

const smuggled = [
  'email_verified',
  'disabled',
  'id',
  'user_id',
  'role',
  'password_hash',
  'created_at',
  'last_login_at',
  'toString',
  'hasOwnProperty',
  '$where',
]
for (const name of smuggled)
  t.test(`a smuggled "${name}" is refused, and no account is made (mass assignment)`, async t => {
    const email = newEmail()
    for (const value of [1, true, 'admin', { a: 1 }])
      expectError(t, await signUp({ email, [name]: value }), 400, 'request-invalid', { in: 'body', field: name })
    t.equal(await findUserByEmail(app.db, email), undefined)
  })

t.test('nothing is polluted by reserved names', async t => {
  const email = newEmail()
  const rest = `"email":"${email}","password":"${PASSWORD}"`
  for (const evil of ['"__proto__":{"access_role":"admin"}', '"constructor":{"prototype":{"access_role":"admin"}}']) {
    const headers = { 'content-type': 'application/json' }
    const response = await call(app, 'POST', URL, { payload: `{${rest},${evil}}`, headers })
    expectError(t, response, 400, 'request-invalid', { in: 'body' })
  }
  t.equal(({} as Record<string, unknown>).access_role, undefined)
  t.equal(await findUserByEmail(app.db, email), undefined)
})

t.test('forged Host and forwarding headers never reach the mailed link (poisoned links)', async t => {
  for (const env of [{}, { TRUST_PROXY: '1' }]) {
    const app = await build(t, env)
    const email = newEmail()
    const headers = {
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'gopher',
      'x-forwarded-for': '"><a href=//evil.example>',
      forwarded: 'host=evil.example;proto=https',
      'x-original-url': 'http://evil.example/',
      origin: 'https://evil.example',
      referer: 'https://evil.example/',
    }
    const response = await call(app, 'POST', URL, { payload: { email, password: PASSWORD }, headers })
    t.equal(response.statusCode, 200)
    await app.mailer.idle()
    const [mail] = app.mailbox?.list(email) ?? []
    t.match(mail?.text, 'http://holocron.test/users/v1/email_verification?token=')
    t.notMatch(JSON.stringify(mail), /evil|gopher/)
  }
})

t.test('sign-ups never exceed the budget', async t => {
  const app = await build(t, { AUTH_RATE_LIMIT_MAX: '3' })
  const attempt = () => call(app, 'POST', URL, { payload: {} })
  for (let i = 0; i < 3; i++) expectError(t, await attempt(), 400, 'email-invalid', {})
  expectError(t, await attempt(), 429, 'too-many-requests', { limit: 'AUTH_RATE_LIMIT_MAX', max: 3 })
})

t.test('a full hashing queue is a 503 with Retry-After, and no account is created', async t => {
  const app = await build(t)
  app.passwords.hash = async () => {
    throw errors.unavailable({ retryAfter: 2 })
  }
  const email = newEmail()
  expectError(t, await call(app, 'POST', URL, { payload: { email, password: PASSWORD } }), 503, 'service-unavailable')
  t.equal(await findUserByEmail(app.db, email), undefined)
})

t.test('with HIDE_ACCOUNTS a known e-mail gets the same response as a new one; its owner gets a mail', async t => {
  const app = await build(t, { HIDE_ACCOUNTS: 'true' })
  const { email } = await verifiedUser(app)
  const before = await findUserByEmail(app.db, email)
  const ask = (email: string) => call(app, 'POST', URL, { payload: { email, password: 'Coruscant19BBY' } })

  const known = await ask(email.toUpperCase())
  const unknown = await ask(newEmail())
  t.equal(known.statusCode, unknown.statusCode)
  t.equal(known.body, unknown.body)
  t.same(Object.keys(known.headers), Object.keys(unknown.headers))
  t.same(await findUserByEmail(app.db, email), before)

  await app.mailer.idle()
  const [mail] = app.mailbox?.list(email) ?? []
  t.equal(mail?.subject, 'You already have an account')
  t.notMatch(mail?.text, /token=/)
})
