import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, codeOf, environment, newEmail, PASSWORD, REAL, verifiedUser } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { eventKinds, forgotten, wrongCode } from '../../../support/mails.ts'
import { outcome } from '../../../support/session.ts'

const URL = '/users/v1/validate_code'
const NEW = 'Bespin1980'

const app = await build(t)

const validate = (email: unknown, code: unknown, on = app) => call(on, 'POST', URL, { payload: { email, code } })

const reset = (token: string, new_password = NEW, on = app) =>
  call(on, 'POST', '/users/v1/password_reset', { payload: { token, new_password } })

async function asked(on = app) {
  const { email } = await verifiedUser(on)
  return { email, ...(await forgotten(on, email)) }
}

async function idOf(email: string, on = app): Promise<number> {
  return (await on.db.selectFrom('users').select('id').where('email', '=', email).executeTakeFirstOrThrow()).id
}

t.test('the code is exchanged for a token that resets the password, once', async t => {
  const { email, code } = await asked()
  const answer = await validate(email.toUpperCase(), code)
  t.equal(answer.statusCode, 200)
  t.equal(answer.headers['cache-control'], 'no-store')
  const { reset_token, ...rest } = answer.json<{ reset_token: string }>()
  t.match(reset_token, /^[\w-]{43}$/)
  t.same(rest, {})
  expectError(t, await validate(email, code), 400, 'code-invalid')
  t.equal((await reset(reset_token)).statusCode, 200)
  expectError(t, await reset(reset_token), 401, 'token-invalid')
  t.equal((await call(app, 'POST', '/users/v1/login', { payload: { email, password: NEW } })).statusCode, 200)
})

t.test('link and code are consumed together', async t => {
  const byLink = await asked()
  t.equal((await reset(byLink.token)).statusCode, 200)
  expectError(t, await validate(byLink.email, byLink.code), 400, 'code-invalid')

  const byCode = await asked()
  const { reset_token } = (await validate(byCode.email, byCode.code)).json<{ reset_token: string }>()
  t.equal((await reset(reset_token)).statusCode, 200)
  expectError(t, await reset(byCode.token), 401, 'token-invalid')
})

t.test('the link still works while the code was only exchanged', async t => {
  const { email, code, token } = await asked()
  const { reset_token } = (await validate(email, code)).json<{ reset_token: string }>()
  t.equal((await reset(token)).statusCode, 200)
  expectError(t, await reset(reset_token), 401, 'token-invalid')
})

t.test('after five attempts a code is invalid, even the correct one; the link still works', async t => {
  const { email, code, token } = await asked()
  for (let i = 0; i < 5; i++) expectError(t, await validate(email, wrongCode(code)), 400, 'code-invalid')
  expectError(t, await validate(email, code), 400, 'code-invalid')
  t.equal((await reset(token)).statusCode, 200)
})

t.test('four wrong attempts leave one', async t => {
  const { email, code } = await asked()
  for (let i = 0; i < 4; i++) await validate(email, wrongCode(code))
  t.equal((await validate(email, code)).statusCode, 200)
})

for (const number of REAL ? [1, 2] : [1]) {
  t.test(`of 20 parallel uses of one code on ${number} instance(s), one succeeds`, async t => {
    const apps = await instances(number)
    const { email, code } = await asked(apps[0])
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => validate(email, code, apps[i % number])))
    t.same(answers.map(outcome).sort(), ['200', ...Array(19).fill('400 code-invalid')])
  })

  t.test(`threat: 20 guesses at once share five tries on ${number} instance(s)`, async t => {
    const apps = await instances(number)
    const [app] = apps
    const { email, code } = await asked(app)
    const guesses = Array.from({ length: 20 }, (_, i) => validate(email, wrongCode(code), apps[i % number]))
    t.ok((await Promise.all(guesses)).every(answer => codeOf(answer) === 'code-invalid'))
    const { attempts } = await app.db.selectFrom('reset_codes').select('attempts').executeTakeFirstOrThrow()
    t.equal(attempts, 5)
    expectError(t, await validate(email, code, app), 400, 'code-invalid')
  })
}

async function instances(number: number): Promise<[FastifyInstance, ...FastifyInstance[]]> {
  const env = await environment(t)
  const first = await build(t, env)
  return number === 1 ? [first] : [first, await build(t, env)]
}

t.test('a newer mail brings a newer code and invalidates the older one', async t => {
  const { email, code } = await asked()
  const newer = await forgotten(app, email)
  t.equal((await validate(email, newer.code)).statusCode, 200)
  if (newer.code !== code) expectError(t, await validate(email, code), 400, 'code-invalid')
})

t.test('a code that expired is refused', async t => {
  const { email, code } = await asked()
  await app.db
    .updateTable('reset_codes')
    .set({ expires_at: Date.now() - 1 })
    .where('user_id', '=', await idOf(email))
    .execute()
  expectError(t, await validate(email, code), 400, 'code-invalid')
})

t.test('a code is valid for the account it was mailed for, and no other', async t => {
  const [ours, theirs] = [await asked(), await asked()]
  if (ours.code !== theirs.code) expectError(t, await validate(theirs.email, ours.code), 400, 'code-invalid')
  t.equal((await validate(ours.email, ours.code)).statusCode, 200)
})

t.test('an unknown e-mail, one without a code and a wrong code get the same response (enumeration)', async t => {
  const { email, code } = await asked()
  const without = (await verifiedUser(app)).email
  const answers = [
    await validate(email, wrongCode(code)),
    await validate(without, code),
    await validate(newEmail(), code),
  ]
  for (const answer of answers) {
    expectError(t, answer, 400, 'code-invalid')
    t.same(Object.keys(answer.headers), Object.keys(answers[0]?.headers ?? {}))
  }
})

t.test(
  'an unknown address costs the same statements as a wrong code, so that the time tells nothing (enumeration)',
  async t => {
    const app = await build(t)
    const { email } = await verifiedUser(app)
    await app.mailer.idle()
    const statements: string[] = []
    const { transaction } = app.db
    const watched = app.db
    watched.transaction = function () {
      const builder = transaction.call(this)
      const { execute } = builder
      builder.execute = work =>
        execute.call(builder, async tx => {
          const executor = tx.getExecutor()
          const run = executor.executeQuery
          executor.executeQuery = function (this: typeof executor, query, ...rest) {
            statements.push(query.sql)
            return run.call(this, query, ...rest) as ReturnType<typeof run>
          } as typeof run
          return work(tx) as never
        }) as never
      return builder
    }
    const traces: string[][] = []
    for (const address of [email, newEmail()]) {
      await validate(address, '000000', app)
      traces.push(statements.splice(0))
    }
    t.ok((traces[0]?.length ?? 0) >= 3)
    t.same(traces[0], traces[1])
  },
)

t.test('wrong guesses are in the account’s history', async t => {
  const { email, code } = await asked()
  await validate(email, wrongCode(code))
  t.same((await eventKinds(app, await idOf(email))).slice(-1), ['reset-code-failed'])
})

t.test('threat: requesting one code after another gives endless attempts, or locks logins', async t => {
  const app = await build(t, { ACCOUNT_ATTEMPTS_MAX: '6' })
  const { email, code } = await asked(app)
  for (let i = 0; i < 5; i++) await validate(email, wrongCode(code), app)
  const newer = await forgotten(app, email)
  for (let i = 0; i < 2; i++) expectError(t, await validate(email, wrongCode(newer.code), app), 400, 'code-invalid')
  expectError(t, await validate(email, newer.code, app), 429, 'too-many-attempts', { limit: 'account' })
  const login = await call(app, 'POST', '/users/v1/login', { payload: { email, password: PASSWORD } })
  t.equal(login.statusCode, 200)
  t.equal((await reset(newer.token, NEW, app)).statusCode, 200, 'the link still works')
})

t.test('an unknown e-mail is locked like a known one (enumeration)', async t => {
  const app = await build(t, { ACCOUNT_ATTEMPTS_MAX: '2' })
  const codes = []
  const { email } = await verifiedUser(app)
  for (const address of [email, newEmail()]) {
    const answers = []
    for (let i = 0; i < 4; i++) answers.push(outcome(await validate(address, '000000', app)))
    codes.push(answers)
  }
  t.same(codes[0], codes[1])
  t.same(codes[0]?.at(-1), '429 too-many-attempts')
})

t.test('an IP may try a limited number of codes, whatever the accounts', async t => {
  const app = await build(t, { ADDRESS_ATTEMPTS_MAX: '3' })
  for (let i = 0; i < 4; i++) expectError(t, await validate(newEmail(), '000000', app), 400, 'code-invalid')
  expectError(t, await validate(newEmail(), '000000', app), 429, 'too-many-attempts', { limit: 'address' })
})

const bad: [name: string, code: unknown][] = [
  ['none', undefined],
  ['five digits', '12345'],
  ['seven digits', '1234567'],
  ['a number', 123_456],
  ['letters', 'abcdef'],
  ['digits of another script', '١٢٣٤٥٦'],
  ['a space', '12345 '],
  ['a list', ['123456']],
  ['null', null],
]
for (const [name, code] of bad)
  t.test(`a malformed code (${name}) is rejected and uses up no attempt`, async t => {
    const mailed = await asked()
    for (let i = 0; i < 6; i++)
      expectError(t, await validate(mailed.email, code), 400, 'code-invalid', { in: 'body', field: 'code' })
    t.equal((await validate(mailed.email, mailed.code)).statusCode, 200)
  })

t.test('invalid e-mails are rejected', async t => {
  expectError(t, await validate('leia', '000000'), 400, 'email-invalid', { in: 'body', field: 'email' })
  const extra = await call(app, 'POST', URL, { payload: { email: newEmail(), code: '000000', user_id: 'x' } })
  expectError(t, extra, 400, 'request-invalid', { in: 'body', field: 'user_id' })
})

t.test('under a new secret, codes mailed under the old one still work while it is listed', async t => {
  const env = await environment(t)
  const before = await build(t, env)
  const { email, code } = await asked(before)
  await before.close()
  const after = await build(t, { ...env, SECRET: `another-horse-battery-staple-4567,${env.SECRET}` })
  t.equal((await validate(email, code, after)).statusCode, 200)
})
