/** Users have integer ids: numbers in JSON and in the tokens' `user_id`, decimal text in `sub`, and never those of somebody else. */
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import t from 'tap'
import { addAuditEvent, NOBODY } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { deleteUser } from '#sql/user-deletion.ts'
import { findUser, insertUser } from '#sql/users.ts'
import { administrator, build, call, codeOf, environment, logIn, newEmail, PASSWORD, REAL } from '../support/app.ts'

const add = (app: FastifyInstance, email = newEmail()) =>
  transaction(app.db, tx => insertUser(tx, { email, password_hash: 'x', access_role: 'basic' }))

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

t.test('the id that an insertion returns is the one of its row', async t => {
  const app = await build(t)
  const emails = Array.from({ length: 5 }, () => newEmail())
  const ids = await Promise.all(emails.map(email => add(app, email)))
  t.equal(new Set(ids).size, 5)
  for (const [i, id] of ids.entries()) {
    t.ok(Number.isSafeInteger(id) && id > 0, `${id}`)
    t.equal((await findUser(app.db, id))?.email, emails[i])
  }
})

t.test('answers and tokens carry the id as a number, and `sub` carries its decimal digits', async t => {
  const app = await build(t)
  const user = await logIn(app)
  const { user_id } = user
  t.type(user_id, 'number')
  const { token, refresh_token } = user
  t.match(claimsOf(token), { user_id, sub: String(user_id) })
  t.equal(claimsOf(refresh_token).sub, String(user_id))
  t.match((await call(app, 'GET', '/users/v1/me', { token })).body, `"id":${user_id},`)
  t.match((await call(app, 'GET', `/users/v1/${user_id}`, { token })).body, `"id":${user_id},`)
  const rotated = await call(app, 'POST', '/users/v1/generate_tokens', { token: refresh_token })
  t.match(rotated.body, `"user_id":${user_id}`)
  const admin = await administrator(app)
  t.match((await call(app, 'GET', '/users/v1/', { token: admin.token })).body, `"id":${user_id},`)
  const removed = await call(app, 'DELETE', `/users/v1/${user_id}`, { token: admin.token })
  t.equal(removed.body, `{"id":${user_id}}`)
})

t.test('the id of a deleted user is not assigned again, not even after a restart', async t => {
  const env = await environment(t)
  const before = await build(t, env)
  const { token, user_id } = await logIn(before)
  const payload = { password: PASSWORD }
  t.equal((await call(before, 'DELETE', `/users/v1/${user_id}`, { token, payload })).statusCode, 200)
  t.ok((await add(before)) > user_id)
  const newest = await add(before)
  await transaction(before.db, tx => deleteUser(tx, newest))
  await before.close()
  const after = await build(t, env)
  t.ok((await logIn(after)).user_id > newest)
})

t.test(
  'after a restore, ids that were assigned since the back-up can be skipped as docs/operations.md says',
  async t => {
    const app = await build(t)
    await add(app)
    const skip = REAL
      ? sql`ALTER TABLE users AUTO_INCREMENT = 20000`
      : sql`UPDATE sqlite_sequence SET seq = 20000 WHERE name = 'users'`
    await skip.execute(app.db)
    t.ok((await add(app)) >= 20_000)
  },
)

t.test('threat: a path that rounds to the id of somebody else', async t => {
  const app = await build(t)
  const { token } = await administrator(app)
  // 2^53 and 2^53 + 1 are one JavaScript number.
  const huge = {
    email: newEmail(),
    password_hash: 'x',
    access_role: 'basic' as const,
    ...{ created_at: 0, updated_at: 0, last_login_at: null },
  }
  await app.db
    .insertInto('users')
    .values({ ...huge, id: Number.MAX_SAFE_INTEGER })
    .execute()
  t.equal(
    (await call(app, 'GET', `/users/v1/${Number.MAX_SAFE_INTEGER}`, { token })).json().id,
    Number.MAX_SAFE_INTEGER,
  )
  for (const id of [
    '9007199254740992',
    '9007199254740993',
    '9999999999999999',
    '90071992547409910',
    '1e3',
    '01',
    '0',
    '-1',
    '1.0',
    '1.5',
    '%31%20',
    '+1',
    '0x1',
    'me1',
  ])
    for (const url of [`/users/v1/${id}`, `/users/v1/${id}/events`]) {
      const answer = await call(app, 'GET', url, { token })
      t.equal(answer.statusCode, 404, url)
      t.equal(codeOf(answer), 'not-found', url)
    }
})

t.test('failed logins with an unknown e-mail belong to an id that no user gets', async t => {
  const app = await build(t)
  await addAuditEvent(app.db, { kind: 'login-failed', user_id: NOBODY, session_id: null, user_agent: null, ip: null })
  t.ok((await add(app)) > NOBODY)
})
