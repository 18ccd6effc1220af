import { hash as argon2 } from '@node-rs/argon2'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { findUserByEmail, type User } from '#sql/users.ts'
import { build, call, type Environment, environment, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { outcome } from '../../../support/session.ts'

const logIn = (app: FastifyInstance, email: string, password: string) =>
  call(app, 'POST', '/users/v1/login', { payload: { email, password } })

async function stored(app: FastifyInstance, email: string): Promise<string> {
  return (await findUserByEmail(app.db, email))?.password_hash ?? ''
}

async function store(app: FastifyInstance, email: string, user: Partial<User>): Promise<void> {
  await app.db.updateTable('users').set(user).where('email', '=', email).execute()
}

t.test('the stored form is argon2id with the configured parameters, and a salt of its own', async t => {
  const app = await build(t, { ARGON2_MEMORY_KIB: '128', ARGON2_ITERATIONS: '3', ARGON2_PARALLELISM: '2' })
  const hashes = await Promise.all(['one', 'two'].map(async () => stored(app, (await verifiedUser(app)).email)))
  for (const hash of hashes) t.match(hash, /^\$argon2id\$v=19\$m=128,t=3,p=2\$[\w+/]{22}\$[\w+/]{43}$/)
  t.not(hashes[0], hashes[1])
})

t.test('with nothing configured the parameters are those of OWASP', async t => {
  const { ARGON2_MEMORY_KIB: _memory, ARGON2_ITERATIONS: _passes, ...env } = await environment(t)
  const app = await build(t, env as Environment)
  t.match(await app.passwords.hash(PASSWORD), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
})

t.test('a hash of older parameters is replaced at login, and the password goes on working', async t => {
  const env = await environment(t)
  const before = await build(t, env)
  const { email, password } = await verifiedUser(before)
  const old = await stored(before, email)
  await before.close()

  const app = await build(t, { ...env, ARGON2_MEMORY_KIB: '128' })
  t.equal(outcome(await logIn(app, email, 'Wrong1234')), '404 not-found')
  t.equal(await stored(app, email), old, 'not at a failed one')
  t.equal(outcome(await logIn(app, email, password)), '200')
  const replaced = await stored(app, email)
  t.match(replaced, /^\$argon2id\$v=19\$m=128,/)
  t.equal(outcome(await logIn(app, email, password)), '200')
  t.equal(await stored(app, email), replaced, 'and only once')
  t.equal(outcome(await logIn(app, email, 'Wrong1234')), '404 not-found')
})

t.test('hashes of the other kinds of argon2 work once more, and are replaced', async t => {
  const app = await build(t)
  const { email } = await verifiedUser(app)
  for (const algorithm of [0, 1]) {
    await store(app, email, { password_hash: await argon2(PASSWORD, { algorithm }) })
    t.equal(outcome(await logIn(app, email, PASSWORD)), '200')
    t.match(await stored(app, email), /^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
  }
})

t.test('parallel logins during a change of parameters all succeed: one replaces the hash under the others', async t => {
  const app = await build(t)
  const { email } = await verifiedUser(app)
  await store(app, email, { password_hash: await argon2(PASSWORD, { memoryCost: 32, timeCost: 1 }) })
  const answers = await Promise.all(Array.from({ length: 8 }, () => logIn(app, email, PASSWORD)))
  t.same(answers.map(outcome), Array(8).fill('200'))
})

t.test('a corrupt hash is a failed login, not a 500, and nothing opens it', async t => {
  const app = await build(t)
  const { email } = await verifiedUser(app)
  const genuine = await stored(app, email)
  const corrupt = [
    '',
    'plain',
    PASSWORD,
    '$argon2id$',
    '$argon2id$v=19$m=64,t=1,p=1$$',
    genuine.slice(0, -1),
    genuine.replace('argon2id', 'argon2x'),
    genuine.replace('m=64', 'm=4294967296'),
    `${genuine}\n`,
    '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
  ]
  for (const password_hash of corrupt) {
    await store(app, email, { password_hash })
    t.equal(outcome(await logIn(app, email, PASSWORD)), '404 not-found', JSON.stringify(password_hash))
  }
  await store(app, email, { password_hash: genuine })
  t.equal(outcome(await logIn(app, email, PASSWORD)), '200')
})

t.test('passwords beyond the queue get 503 with Retry-After, and the rest are served', async t => {
  // Slower than a database that lets the logins in one after another.
  const SLOW = { ARGON2_MEMORY_KIB: '65536', ARGON2_ITERATIONS: '3' }
  const app = await build(t, { ...SLOW, ARGON2_THREADS: '1', ARGON2_QUEUE_MAX: '3' })
  const { email } = await verifiedUser(app)
  const answers = await Promise.all(Array.from({ length: 30 }, () => logIn(app, email, PASSWORD)))
  const refused = answers.filter(answer => answer.statusCode !== 200)
  t.ok(answers.length - refused.length >= 4, 'one at work and three waiting')
  t.ok(refused.length > 0)
  for (const answer of refused) {
    t.equal(outcome(answer), '503 service-unavailable')
    t.match(answer.headers['retry-after'], /^[1-9]\d*$/)
  }
  t.same(app.passwords.load(), { running: 0, waiting: 0 })
  t.equal(outcome(await logIn(app, email, PASSWORD)), '200', 'and it recovers')
})

t.test('a login rejected by a full queue uses up no attempts of its account', async t => {
  const app = await build(t, {
    ARGON2_THREADS: '1',
    ARGON2_QUEUE_MAX: '1',
    ARGON2_MEMORY_KIB: '65536',
    ARGON2_ITERATIONS: '3',
    ACCOUNT_ATTEMPTS_MAX: '1',
  })
  const { email } = await verifiedUser(app)
  const work = [app.passwords.hash(PASSWORD), app.passwords.hash(PASSWORD)]
  const refused = await Promise.all(Array.from({ length: 5 }, () => logIn(app, email, PASSWORD)))
  t.same([...new Set(refused.map(outcome))], ['503 service-unavailable'])
  await Promise.all(work)
  t.equal(outcome(await logIn(app, email, PASSWORD)), '200')
})

t.test('exactly ARGON2_THREADS are hashed at a time, and an error frees its slot', async t => {
  const app = await build(t, { ARGON2_THREADS: '2', ARGON2_QUEUE_MAX: '10' })
  const work = Array.from({ length: 5 }, () => app.passwords.hash(PASSWORD))
  t.same(app.passwords.load(), { running: 2, waiting: 3 })
  await Promise.all(work)
  await Promise.all([app.passwords.verify('$argon2id$damaged', 'x'), app.passwords.verify(undefined, 'x')])
  t.same(app.passwords.load(), { running: 0, waiting: 0 })
})

t.test('an unknown user is no match, whatever the password', async t => {
  const app = await build(t)
  t.equal(await app.passwords.verify(undefined, PASSWORD), false)
  t.equal(await app.passwords.verify(undefined, ''), false)
})

/** Signed up with the one, logged in with the other. */
const spellings: [name: string, first: string, second: string, expected: string][] = [
  ['composed at sign-up, decomposed at login', 'Padm\u00e9Amidala1', 'Padme\u0301Amidala1', '200'],
  ['decomposed at sign-up, composed at login', 'Padme\u0301Amidala1', 'Padm\u00e9Amidala1', '200'],
  ['emoji', 'Droid1\u{1f916}\u{1f916}', 'Droid1\u{1f916}\u{1f916}', '200'],
  ['another emoji', 'Droid1\u{1f916}\u{1f916}', 'Droid1\u{1f916}\u{1f47d}', '404 not-found'],
  ['an emoji of several code points', 'Family1\u{1f468}\u200d\u{1f469}', 'Family1\u{1f468}\u200d\u{1f469}', '200'],
  ['an accent left out', 'Padm\u00e9Amidala1', 'PadmeAmidala1', '404 not-found'],
  ['a compatible letter is another', 'Falcon\ufb01x1', 'Falconfix1', '404 not-found'],
  ['full-width digits are others', 'Falcon12\uff13', 'Falcon123', '404 not-found'],
  ['another case', 'Alderaan1977', 'alderaan1977A', '404 not-found'],
]

t.test('a password is taken as it is written, but for its normalization (NFC)', async t => {
  const app = await build(t)
  for (const [name, first, second, expected] of spellings) {
    const { email } = await verifiedUser(app, undefined, first)
    t.equal(outcome(await logIn(app, email, second)), expected, name)
  }
  t.ok(await app.passwords.verify(await app.passwords.hash('Padme\u0301'), 'Padm\u00e9'), 'whoever asks')
})

t.test('passwords equal in their first 72 bytes do not interchange', async t => {
  const app = await build(t, { PASSWORD_MAX_LENGTH: '128' })
  const same = `Aa1${'x'.repeat(69)}`
  const { email } = await verifiedUser(app, undefined, `${same}one`)
  t.equal(outcome(await logIn(app, email, `${same}two`)), '404 not-found')
  t.equal(outcome(await logIn(app, email, same)), '404 not-found')
  t.equal(outcome(await logIn(app, email, `${same}one`)), '200')
})

t.test('emoji count as what they are, so that 32 of them have more than 72 bytes and all of them matter', async t => {
  const app = await build(t)
  const same = `Aa1${'\u{1f916}'.repeat(14)}`
  const { email } = await verifiedUser(app, undefined, `${same}y`)
  t.equal(outcome(await logIn(app, email, `${same}z`)), '404 not-found')
})

t.test('passwords of 64 characters work where the bound allows them', async t => {
  const app = await build(t, { PASSWORD_MAX_LENGTH: '64' })
  const password = `Aa1${'x'.repeat(61)}`
  const { email } = await verifiedUser(app, undefined, password)
  t.equal(outcome(await logIn(app, email, password)), '200')
  t.equal(outcome(await logIn(app, email, `${password}x`)), '400 password-invalid')
})

t.test('a password beyond the bound is refused before anything is hashed', async t => {
  const app = await build(t, { ARGON2_THREADS: '1', ARGON2_QUEUE_MAX: '1' })
  const { email } = await verifiedUser(app)
  const flood = Array.from({ length: 20 }, () => logIn(app, email, `Aa1${'x'.repeat(1022)}`))
  t.same([...new Set((await Promise.all(flood)).map(outcome))], ['400 password-invalid'], 'none found the queue full')
})
