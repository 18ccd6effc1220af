// After a rotation of SECRET the clean-up encrypts TOTP secrets by the new key: a batch of 100 at each call.
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { createEncryption, type Encrypted } from '../../../../plugins/keys/encryption.ts'
import { build, environment, logIn } from '../../../support/app.ts'

/** A service whose SECRET was rotated, and secrets of as many users under the old key. */
async function rotated(t: Test, broken: number, sound: number) {
  const env = await environment(t)
  const before = await build(t, env)
  const { ciphertext, key_id } = encryptionOf(before).encrypt('JBSWY3DPEHPK3PXP', 'nobody')
  for (const id of await addUsers(before, broken)) await addSecret(before, id, { ciphertext: ciphertext + id, key_id })
  for (const id of await addUsers(before, sound))
    await addSecret(before, id, encryptionOf(before).encrypt('JBSWY3DPEHPK3PXP', String(id)))
  const logs: string[] = []
  const secrets = { SECRET: `another-horse-battery-staple-4567,${env.SECRET}`, LOG_LEVEL: 'error' }
  const app = await build(t, { ...env, ...secrets }, { write: line => logs.push(line) })
  return { reencrypt: app.mfa.totp.reencrypt, logs }
}

const encryptionOf = (app: FastifyInstance) => createEncryption(app.keys.derive('totp'))

/** Copies of a user, in the order of their ids. */
async function addUsers(app: FastifyInstance, count: number): Promise<number[]> {
  const { user_id } = await logIn(app)
  const users = app.db.selectFrom('users').where('id', '>=', user_id)
  const { id: _id, ...user } = await users.selectAll().executeTakeFirstOrThrow()
  const copies = Array.from({ length: count }, (_copy, i) => ({ ...user, email: `${i}-${user.email}` }))
  await app.db.insertInto('users').values(copies).execute()
  const added = await users.select('id').where('id', '>', user_id).orderBy('id').execute()
  return added.map(({ id }) => id)
}

async function addSecret(app: FastifyInstance, user_id: number, secret: Encrypted): Promise<void> {
  const row = { ...secret, user_id, session_id: null, confirmed: 1, last_step: 0, created_at: Date.now() } as const
  await app.db.insertInto('totp_secrets').values(row).execute()
}

t.test('each call does one batch', async t => {
  const { reencrypt } = await rotated(t, 1, 101)
  t.same([await reencrypt(), await reencrypt(), await reencrypt()], [99, 2, 0])
})

t.test('secrets that cannot be decrypted block no others, and each is logged once', async t => {
  const { reencrypt, logs } = await rotated(t, 100, 1)
  const changed = [await reencrypt(), await reencrypt(), await reencrypt(), await reencrypt()]
  t.same(changed, [0, 1, 0, 0])
  const failures = logs.filter(line => line.includes('TOTP secret cannot be re-encrypted'))
  t.equal(failures.length, 100)
})
