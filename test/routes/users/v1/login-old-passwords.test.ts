// The rule for passwords binds those that are chosen here. Those that were chosen elsewhere, or before the rule, still log in.
import bcrypt from 'bcryptjs'
import type { FastifyInstance } from 'fastify'
import t from 'tap'

import { build, call, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'
import { outcome } from '../../../support/session.ts'

const FIELD = { in: 'body', field: 'password' }
const OLD_PASSWORDS: Record<string, string> = {
  short: 'Ab1',
  'without a capital letter': 'alderaan1977',
  'without a digit': 'Alderaan',
  'with spaces': 'correct horse battery staple',
  'of 39 characters': `Aa1${'x'.repeat(36)}`,
  'of 1,024 characters': 'x'.repeat(1024),
  'with a line feed': 'Alderaan1977\n',
}

const logIn = (app: FastifyInstance, email: string, password: string, url = '/users/v1/login') =>
  call(app, 'POST', url, { payload: { email, password } })

async function imported(app: FastifyInstance, password: string): Promise<string> {
  const { email } = await verifiedUser(app)
  const password_hash = bcrypt.hashSync(password, 4)
  await app.db.updateTable('users').set({ password_hash }).where('email', '=', email).execute()
  return email
}

const app = await build(t)

for (const [name, password] of Object.entries(OLD_PASSWORDS))
  t.test(`an imported password ${name} logs in, for tokens and for a cookie, again and again`, async t => {
    const email = await imported(app, password)
    for (const url of ['/users/v1/login', '/sessions/v1/', '/users/v1/login'])
      t.equal((await logIn(app, email, password, url)).statusCode, 200)
  })

t.test(
  'what breaks the rule and does not match is password-invalid, for known and unknown addresses alike',
  async t => {
    const { email } = await verifiedUser(app)
    for (const password of Object.values(OLD_PASSWORDS)) {
      const known = await logIn(app, email, password)
      expectError(t, known, 400, 'password-invalid', FIELD)
      t.equal(known.body, (await logIn(app, newEmail(), password)).body)
    }
  },
)

t.test('only a password that is verified tells how the account stands, the rule or not (enumeration)', async t => {
  const email = await imported(app, 'short')
  await app.db.updateTable('users').set({ disabled: 1 }).where('email', '=', email).execute()
  expectError(t, await logIn(app, email, 'short'), 400, 'account-disabled')
  expectError(t, await logIn(app, email, 'sharp'), 400, 'password-invalid', FIELD)
})

t.test('guesses that break the rule count as guesses', async t => {
  const app = await build(t, { ACCOUNT_ATTEMPTS_MAX: '3' })
  const email = await imported(app, 'short')
  const guesses = Array.from({ length: 12 }, (_, i) => logIn(app, email, `guess${i}`))
  const outcomes = new Set((await Promise.all(guesses)).map(outcome))
  t.same([...outcomes].sort(), ['400 password-invalid', '429 too-many-attempts'])
})

t.test('a new password must follow the rule, whatever the old one was', async t => {
  const email = await imported(app, 'short')
  const { token } = (await logIn(app, email, 'short')).json()
  const change = (new_password: string) =>
    call(app, 'PUT', '/users/v1/password', { token, payload: { old_password: 'short', new_password } })
  expectError(t, await change('Short'), 400, 'password-invalid', { in: 'body', field: 'new_password' })
  t.equal((await change('Bespin1980')).statusCode, 200)
})

t.test(
  'under ADVISE_PASSWORD_CHANGE such a login says that a new one is due; others, and without it, say nothing',
  async t => {
    const advising = await build(t, { ADVISE_PASSWORD_CHANGE: 'true' })
    const email = await imported(advising, 'short')
    for (const url of ['/users/v1/login', '/sessions/v1/'])
      t.match((await logIn(advising, email, 'short', url)).json(), { password_change_advised: true })
    const { email: other } = await verifiedUser(advising)
    t.notOk('password_change_advised' in (await logIn(advising, other, PASSWORD)).json())
    const silent = await imported(app, 'short')
    t.notOk('password_change_advised' in (await logIn(app, silent, 'short')).json())
  },
)

t.test('passwords longer than the limit are refused before anything is done with them (denial of service)', async t => {
  const app = await build(t)
  app.passwords.verify = async () => {
    throw new Error('hashed')
  }
  for (const password of ['x'.repeat(1025), 'x'.repeat(60_000), 'Aa1\u0345\u0316'.repeat(5000)])
    expectError(t, await logIn(app, newEmail(), password), 400, 'password-invalid', FIELD)
})
