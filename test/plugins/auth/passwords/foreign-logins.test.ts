import bcrypt from 'bcryptjs'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, PASSWORD, verifiedUser } from '../../../support/app.ts'
import { FIREBASE, MADE } from '../../../support/foreign-hashes.ts'
import { outcome } from '../../../support/session.ts'

const logIn = (app: FastifyInstance, email: string, password: string) =>
  call(app, 'POST', '/users/v1/login', { payload: { email, password } })

async function userWith(app: FastifyInstance, password_hash: string): Promise<string> {
  const { email } = await verifiedUser(app)
  await app.db.updateTable('users').set({ password_hash }).where('email', '=', email).execute()
  return email
}

const stored = async (app: FastifyInstance, email: string) =>
  (await app.db.selectFrom('users').select('password_hash').where('email', '=', email).executeTakeFirstOrThrow())
    .password_hash

t.test('a password kept as another system kept it logs in, and is kept as argon2id from then on', async t => {
  const app = await build(t)
  for (const [name, hash] of Object.entries(MADE)) {
    const email = await userWith(app, hash)
    t.equal(outcome(await logIn(app, email, 'Alderaan1978')), '404 not-found', name)
    t.equal(await stored(app, email), hash, `${name}: a wrong password changes nothing`)
    t.equal(outcome(await logIn(app, email, PASSWORD)), '200', name)
    t.match(await stored(app, email), /^\$argon2id\$v=19\$m=64,t=1,p=1\$/, name)
    t.equal(outcome(await logIn(app, email, PASSWORD)), '200', name)
  }
})

t.test('passwords of Firebase open where its signer key is a setting, of several projects too', async t => {
  const FIREBASE_SIGNER_KEY = FIREBASE.map(({ signerKey }) => signerKey).join(',')
  const app = await build(t, { FIREBASE_SIGNER_KEY })
  for (const { hash, password } of FIREBASE) {
    const email = await userWith(app, hash)
    t.equal(outcome(await logIn(app, email, 'Coruscant19BBY')), '404 not-found')
    t.equal(await app.passwords.verify(hash, password), true)
  }
})

t.test('a password that was never normalized is taken as it is typed, and in NFC', async t => {
  const app = await build(t)
  const decomposed = 'Padme\u0301Amidala1'
  const email = await userWith(app, bcrypt.hashSync(decomposed, 4))
  t.equal(outcome(await logIn(app, email, decomposed)), '200')
  t.equal(outcome(await logIn(app, email, decomposed.normalize('NFC'))), '200', 'ours is normalized')
  const composed = await userWith(app, bcrypt.hashSync(decomposed.normalize('NFC'), 4))
  t.equal(outcome(await logIn(app, composed, decomposed)), '200')
})

t.test('a hash that would cost too much opens to nobody, and keeps nobody waiting (denial of service)', async t => {
  const app = await build(t)
  const email = await userWith(app, '$2b$31$HoWBuIZiVk0UZGiCbKWEgeVimnwLYA.o6CztknMD1UzSk64JtFEhK')
  t.equal(outcome(await logIn(app, email, PASSWORD)), '404 not-found')
})

t.test('slow hashes of other systems do not delay the logins of others (denial of service)', async t => {
  const app = await build(t, { ARGON2_THREADS: '1' })
  const slow = bcrypt.hashSync(PASSWORD, 9)
  const others = await Promise.all(Array.from({ length: 6 }, () => userWith(app, slow)))
  const { email } = await verifiedUser(app)
  const order: string[] = []
  const told = async (name: string, login: Promise<unknown>) => {
    await login
    order.push(name)
  }
  await Promise.all([
    ...others.map(other => told('other', logIn(app, other, PASSWORD))),
    told('own', logIn(app, email, PASSWORD)),
  ])
  t.equal(order[0], 'own')
})

t.test('more hashes of other systems than may wait are answered 503, and cost no attempt; others log in', async t => {
  const app = await build(t, { ARGON2_THREADS: '1', ACCOUNT_ATTEMPTS_MAX: '1' })
  // Longer than these logins take.
  const hash = bcrypt.hashSync(PASSWORD, 10)
  const email = await userWith(app, hash)
  const own = await verifiedUser(app)
  const work = Array.from({ length: 33 }, () => app.passwords.verify(hash, PASSWORD))
  for (let i = 0; i < 3; i++) t.equal(outcome(await logIn(app, email, PASSWORD)), '503 service-unavailable')
  t.equal(outcome(await logIn(app, own.email, own.password)), '200')
  t.same(await Promise.all(work), Array(33).fill(true))
  t.equal(outcome(await logIn(app, email, PASSWORD)), '200')
})
