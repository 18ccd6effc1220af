import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { build, call, codeOf, mailedToken, newEmail, PASSWORD, verifiedUser } from '../../support/app.ts'

const DAY_MS = 86_400_000

const signUp = async (app: Awaited<ReturnType<typeof build>>) => {
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', { payload: { email, password: PASSWORD } })
  return { email, token: await mailedToken(app, email) }
}

t.test('accounts that were never verified are deleted after a while, and no others', async t => {
  const app = await build(t, { UNVERIFIED_ACCOUNTS_KEPT_DAYS: '30' })
  const [old, verified, recent] = [await signUp(app), await verifiedUser(app), await signUp(app)]
  const used = await signUp(app)
  await app.db
    .updateTable('users')
    .set({ created_at: 0, updated_at: Date.now() - 30 * DAY_MS - 1 })
    .where('email', '!=', recent.email)
    .execute()
  await app.db.updateTable('users').set({ last_login_at: 1 }).where('email', '=', used.email).execute()
  await app.cleanUp.run()
  t.equal(await findUserByEmail(app.db, old.email), undefined)
  for (const { email } of [verified, recent, used]) t.ok(await findUserByEmail(app.db, email))
  t.equal(
    codeOf(await call(app, 'POST', '/users/v1/email_verification', { payload: { token: old.token } })),
    'token-invalid',
  )
  t.equal((await call(app, 'POST', '/users/v1/signup', { payload: { ...verified, email: old.email } })).statusCode, 200)
})

t.test('an account that is verified while the clean-up runs stays', async t => {
  const app = await build(t, { UNVERIFIED_ACCOUNTS_KEPT_DAYS: '1' })
  const { email } = await signUp(app)
  await app.db
    .updateTable('users')
    .set({ updated_at: Date.now() - 2 * DAY_MS })
    .execute()
  // Between the list of candidates and the lock.
  const { change } = app.accounts
  app.accounts.change = async (...args) => {
    await app.db.updateTable('users').set({ email_verified: 1 }).where('email', '=', email).execute()
    return change(...args)
  }
  await app.cleanUp.run()
  t.ok(await findUserByEmail(app.db, email))
})

t.test('an account that is deleted while the clean-up runs does not keep the others', async t => {
  const app = await build(t, { UNVERIFIED_ACCOUNTS_KEPT_DAYS: '1' })
  const [first, second] = [await signUp(app), await signUp(app)]
  await app.db
    .updateTable('users')
    .set({ updated_at: Date.now() - 2 * DAY_MS })
    .execute()
  const { change } = app.accounts
  app.accounts.change = async (...args) => {
    await app.db.deleteFrom('users').where('email', '=', first.email).execute()
    return change(...args)
  }
  await app.cleanUp.run()
  t.equal(await findUserByEmail(app.db, second.email), undefined)
})

t.test('they are kept unless the setting says otherwise', async t => {
  const app = await build(t)
  const { email } = await signUp(app)
  await app.db.updateTable('users').set({ created_at: 0, updated_at: 0 }).execute()
  await app.cleanUp.run()
  t.ok(await findUserByEmail(app.db, email))
})
