import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { build, call, codeOf, newEmail } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'

const app = await build(t)

const signUp = (password: string, email = newEmail()) =>
  call(app, 'POST', '/users/v1/signup', { payload: { email, password } })

for (const password of ['Password1', 'PASSWORd1', 'Qwerty123', '1Qaz2wsx', 'Abcdefg1', 'Trustno1', 'Jordan23'])
  t.test(`${password}, a common password, is rejected at sign-up`, async t => {
    const email = newEmail()
    expectError(t, await signUp(password, email), 400, 'password-too-common')
    t.equal(await findUserByEmail(app.db, email), undefined)
  })

t.test('a password that only contains a common one is taken', async t => {
  t.equal((await signUp('Password1Alderaan')).statusCode, 200)
})

t.test('a password that violates the rule gets password-invalid', async t => {
  for (const password of ['password1', '12345678', 'short'])
    expectError(t, await signUp(password), 400, 'password-invalid', { in: 'body', field: 'password' })
})

t.test('existing users with such a password can still log in', async t => {
  const email = newEmail()
  await signUp('Bespin1980', email)
  const password_hash = await app.passwords.hash('Password1')
  await app.db.updateTable('users').set({ password_hash, email_verified: 1 }).where('email', '=', email).execute()
  const login = await call(app, 'POST', '/users/v1/login', { payload: { email, password: 'Password1' } })
  t.equal(codeOf(login), undefined)
})

t.test('of the ten thousand commonest passwords none is taken', async t => {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  const rule = /^(?=.*\p{Lu})(?=.*\p{Ll})(?=.*\p{Nd})[^\s\p{Cc}\p{Cs}]{8,}$/u
  const spelt = dictionary['passwords-common']
    .slice(0, 10_000)
    .map(password => password.replace(/\p{Ll}/u, letter => letter.toUpperCase()))
    .filter(password => rule.test(password))
  t.ok(spelt.length > 300, `${spelt.length} fit the rule`)
  const taken = []
  for (const password of spelt)
    if (
      await app.passwords.rejectCommon(password).then(
        () => true,
        () => false,
      )
    )
      taken.push(password)
  t.same(taken, [])
})

t.test('the list is not loaded before somebody chooses a password, so that the start stays quick', async t => {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ resolve: (specifier, context, next) => (loaded.push(specifier), next(specifier, context)) })
    const { build } = await import('./app.ts')
    const { readConfig } = await import('./plugins/config/index.ts')
    const app = build(readConfig({ NODE_ENV: 'test', DATABASE_URL: 'sqlite::memory:', SECRET: 'correct-horse-battery-staple-0123', LOG_LEVEL: 'silent' }))
    await app.ready()
    const has = () => loaded.some(specifier => specifier.includes('zxcvbn'))
    const before = has()
    await app.passwords.rejectCommon('Alderaan1977')
    console.log(JSON.stringify({ before, after: has() }))
    await app.close()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '../../../..'),
  })
  t.same(JSON.parse(stdout), { before: false, after: true })
})
