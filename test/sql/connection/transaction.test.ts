import t from 'tap'
import { transaction } from '#sql/connection/transaction.ts'
import { insertUser } from '#sql/users.ts'
import { build, newEmail } from '../../support/app.ts'

const deadlock = Object.assign(new Error('a deadlock'), { code: 'ER_LOCK_DEADLOCK' })

t.test('the loser of a deadlock is retried from its start, and leaves nothing of the failed attempt', async t => {
  const { db } = await build(t)
  const email = newEmail()
  let attempts = 0
  const id = await transaction(db, async tx => {
    // Twice with the same address would fail, were the first one still there.
    const id = await insertUser(tx, { email, password_hash: '', access_role: 'basic' })
    if (++attempts < 3) throw deadlock
    return id
  })
  t.equal(attempts, 3)
  t.same(await db.selectFrom('users').select('id').where('email', '=', email).execute(), [{ id }])
})

t.test('a transaction that loses repeatedly gives up, so that its request gets a response in time', async t => {
  const { db } = await build(t)
  let attempts = 0
  await t.rejects(
    transaction(db, async () => {
      attempts++
      throw deadlock
    }),
    deadlock,
  )
  t.equal(attempts, 4)
})

t.test('any other failure is not retried', async t => {
  const { db } = await build(t)
  let attempts = 0
  const failure = new Error('a bug')
  await t.rejects(
    transaction(db, async () => {
      attempts++
      throw failure
    }),
    failure,
  )
  t.equal(attempts, 1)
})
