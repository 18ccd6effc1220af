import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { build, call, codeOf, newEmail } from '../../../support/app.ts'
import { expectError } from '../../../support/error-response.ts'

const app = await build(t)

const signUp = (password: unknown, email = newEmail()) =>
  call(app, 'POST', '/users/v1/signup', { payload: { email, password } })

const good: [name: string, password: string][] = [
  ['8 characters', 'Abcdefg7'],
  ['32 characters', `Ab1${'x'.repeat(29)}`],
  ['signs of all kinds', 'Aa1!"#$%&\'()*+,-./:;<=>?@[\\]^_`'],
  ['letters and digits of other scripts', 'Ζευς٣٤٥Ωω'],
  ['emoji', '😀🤖Abcde1'],
  ['32 emoji and the rest', `Ab1${'😀'.repeat(29)}`],
  ['an accent as one code point', 'Caf\u00e9Olé1'],
  ['an accent as two', 'Cafe\u0301Ole1'],
  ['a zero-width joiner', '👩‍🚀Abcde1'],
]
for (const [name, password] of good)
  t.test(`a password of ${name} is taken, and opens the account`, async t => {
    const email = newEmail()
    t.equal((await signUp(password, email)).statusCode, 200)
    await app.db.updateTable('users').set({ email_verified: 1 }).where('email', '=', email).execute()
    t.equal((await call(app, 'POST', '/users/v1/login', { payload: { email, password } })).statusCode, 200)
  })

const bad: [name: string, password: string][] = [
  ['7 characters', 'Abcdef1'],
  ['33 characters', `Ab1${'x'.repeat(30)}`],
  ['33 code points', `Ab1${'😀'.repeat(30)}`],
  ['60,000 characters', `Ab1${'x'.repeat(60_000)}`],
  ['no upper-case letter', 'abcdefg1'],
  ['no lower-case letter', 'ABCDEFG1'],
  ['no digit', 'Abcdefgh'],
  ['digits only', '1234567890'],
  ['a space within', 'Abcd efg1'],
  ['a leading space', ' Abcdefg1'],
  ['a trailing space', 'Abcdefg1 '],
  ['a tab', 'Abcd\tefg1'],
  ['a line feed at the end', 'Abcdefg1\n'],
  ['CR LF', 'Abcd\r\nefg1'],
  ['a no-break space', 'Abcd\u00a0efg1'],
  ['an ideographic space', 'Abcd\u3000efg1'],
  ['a line separator', 'Abcd\u2028efg1'],
  ['a byte order mark', '\ufeffAbcdefg1'],
  ['NUL', 'Abcd\0efg1'],
  ['NUL at the end', 'Abcdefg1\0'],
  ['an escape', 'Abcd\u001befg1'],
  ['a C1 control', 'Abcd\u0085efg1'],
  ['half a surrogate pair', 'Abcdefg1\ud83d'],
]
for (const [name, password] of bad)
  t.test(`a password of ${name} is refused alike at sign-up and login`, async t => {
    const email = newEmail()
    const field = { in: 'body', field: 'password' }
    expectError(t, await signUp(password, email), 400, 'password-invalid', field)
    expectError(
      t,
      await call(app, 'POST', '/users/v1/login', { payload: { email, password } }),
      400,
      'password-invalid',
      field,
    )
    t.equal(await findUserByEmail(app.db, email), undefined)
  })

t.test('passwords that violate the rule are not hashed at sign-up (denial of service by long passwords)', async t => {
  const app = await build(t)
  let hashed = 0
  const count = async () => {
    hashed++
    throw new Error('hashed')
  }
  Object.assign(app.passwords, { hash: count, verify: count })
  for (const [, password] of bad)
    await call(app, 'POST', '/users/v1/signup', { payload: { email: newEmail(), password } })
  t.equal(hashed, 0)
})

t.test('é is é, whether typed as one code point or as two', async t => {
  const email = newEmail()
  await signUp('Caf\u00e9Olala1', email)
  const answer = await call(app, 'POST', '/users/v1/login', { payload: { email, password: 'Cafe\u0301Olala1' } })
  t.equal(codeOf(answer), 'email-unverified', 'the password is right')
})

t.test('64 characters work where the bound is raised, and 65 do not', async t => {
  const app = await build(t, { PASSWORD_MAX_LENGTH: '64' })
  const password = `Ab1${'x'.repeat(61)}`
  const payload = { email: newEmail(), password }
  t.equal((await call(app, 'POST', '/users/v1/signup', { payload })).statusCode, 200)
  t.equal(codeOf(await call(app, 'POST', '/users/v1/login', { payload })), 'email-unverified')
  const longer = { ...payload, password: `${password}x` }
  for (const route of ['signup', 'login'])
    expectError(t, await call(app, 'POST', `/users/v1/${route}`, { payload: longer }), 400, 'password-invalid', {})
})

const twins: [name: string, start: string][] = [
  ['72 bytes', `Ab1${'😀'.repeat(18)}`],
  ['100 characters', `Ab1${'x'.repeat(97)}`],
]
for (const [name, start] of twins)
  t.test(`two passwords equal in their first ${name} do not interchange (truncation)`, async t => {
    const app = await build(t, { PASSWORD_MAX_LENGTH: '128' })
    const email = newEmail()
    const logIn = (password: string) => call(app, 'POST', '/users/v1/login', { payload: { email, password } })
    await call(app, 'POST', '/users/v1/signup', { payload: { email, password: `${start}1` } })
    t.equal(codeOf(await logIn(`${start}1`)), 'email-unverified', 'the right one')
    t.equal(codeOf(await logIn(`${start}2`)), 'not-found')
    t.equal(codeOf(await logIn(start)), 'not-found')
  })

t.test('a password is taken in its own case', async t => {
  const email = newEmail()
  await signUp('Abcdefg7', email)
  const answer = await call(app, 'POST', '/users/v1/login', { payload: { email, password: 'aBCDEFG7' } })
  t.equal(codeOf(answer), 'not-found')
})
