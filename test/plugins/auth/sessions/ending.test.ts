// Whatever ends a user's sessions ends the one of a login that is just getting through, too.
import type { FastifyInstance } from 'fastify'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { insertSession } from '#sql/sessions.ts'
import { findUserByEmail, recordLogin } from '#sql/users.ts'
import { administrator, build, call, type LoggedIn, logIn, PASSWORD, REAL, verifiedUser } from '../../../support/app.ts'
import { forgotten } from '../../../support/mails.ts'
import { age, isRevoked, outcome, readFilms } from '../../../support/session.ts'
import { until } from '../../../support/until.ts'

/** Prepares what is needed, and answers what ends the sessions. */
type Ending = (app: FastifyInstance, own: LoggedIn) => Promise<() => ReturnType<typeof call>>

const by = (method: 'DELETE' | 'PATCH' | 'PUT', path: (id: number) => string, payload?: object): Ending => {
  return async (app, { token, user_id }) =>
    () =>
      call(app, method, path(user_id), { token, ...(payload && { payload }) })
}

const byAdministrator = (payload: object): Ending => {
  return async (app, { user_id }) => {
    const { token } = await administrator(app)
    return () => call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload })
  }
}

const NEW = 'Bespin1980'
const ENDINGS: Record<string, Ending> = {
  'the end of all other sessions': by('DELETE', () => '/users/v1/sessions'),
  'a change of password': by('PUT', () => '/users/v1/password', { old_password: PASSWORD, new_password: NEW }),
  'a reset of the password': async (app, { email }) => {
    const { token } = await forgotten(app, email)
    return () => call(app, 'POST', '/users/v1/password_reset', { payload: { token, new_password: NEW } })
  },
  'a disabling': byAdministrator({ disabled: true }),
  'a change of role': byAdministrator({ access_role: 'admin' }),
  'a deletion': by('DELETE', id => `/users/v1/${id}`, { password: PASSWORD }),
}

for (const [name, prepare] of Object.entries(ENDINGS)) {
  t.test(`${name} ends the session of a login that is about to be committed`, async t => {
    const app = await build(t)
    const person = await verifiedUser(app)
    const own = await logIn(app, person)
    const end = await prepare(app, own)
    const user = await findUserByEmail(app.db, person.email)
    if (!user) throw new Error('no user')

    const { id, answer } = await app.db.transaction().execute(async tx => {
      t.ok(await recordLogin(tx, user))
      const { id } = await insertSession(tx, { user_id: user.id, lifetime: 60_000, user_agent: null, ip: null })
      const answer = end().then(outcome)
      if (REAL) await Promise.race([answer, lockWait(t, app)])
      // In an object, or it would be waited for here.
      return { id, answer: { promise: answer } }
    })
    t.equal(await answer.promise, '200')
    const session = await app.db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
    t.ok(session?.revoked_at, 'it was seen')
    t.ok(isRevoked(app, id, 1), 'and told')
  })
}

t.test('an access token that outlives its refresh token is revoked with the others', async t => {
  const app = await build(t, { REFRESH_TOKEN_TTL_SECONDS: '60' })
  const person = await verifiedUser(app)
  const [own, other] = [await logIn(app, person), await logIn(app, person)]
  await age(app, other.token, 100_000)
  t.equal(outcome(await readFilms(app, other.token)), '200')
  t.equal(outcome(await call(app, 'DELETE', '/users/v1/sessions', { token: own.token })), '200')
  t.equal(outcome(await readFilms(app, other.token)), '401 token-invalid')
})

/** Resolves once a statement of the service wants to lock a user. (SQLite has one connection: whoever comes later waits.) */
async function lockWait(t: Test, app: FastifyInstance): Promise<void> {
  const root = await createConnection(app.config.DATABASE_URL)
  t.teardown(() => root.destroy())
  await until(async () => {
    const [running] = await root.query<RowDataPacket[]>(
      'SELECT info FROM information_schema.processlist WHERE db = ? AND info LIKE ?',
      [new URL(app.config.DATABASE_URL).pathname.slice(1), 'update `users`%'],
    )
    return running.length > 0
  })
}
