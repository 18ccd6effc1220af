import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { transaction } from '#sql/connection/transaction.ts'
import { advanceGeneration, findSession, insertSession } from '#sql/sessions.ts'
import { findUserByEmail, type User } from '#sql/users.ts'
import { sessionOpener } from '../../../../plugins/auth/login/open-session.ts'
import { build, call, environment, type LoggedIn, logIn, NO_CLIENT, REAL, verifiedUser } from '../../../support/app.ts'
import {
  dead,
  logOut,
  nextTokens,
  outcome,
  readFilms,
  reuseEvents,
  rotate,
  sessionId,
  sessionOf,
} from '../../../support/session.ts'

const ROUNDS = 10
/** An embedded database belongs to one process. */
const MANY = REAL ? 2 : 1
const NOWHERE = { user_agent: null, ip: null }

const instances = async (t: Test, number: number): Promise<[FastifyInstance, ...FastifyInstance[]]> => {
  const env = await environment(t)
  const first = await build(t, env)
  const others: FastifyInstance[] = []
  while (others.length < number - 1) others.push(await build(t, env))
  return [first, ...others]
}

for (const number of new Set([1, MANY])) {
  t.test(
    `twenty parallel rotations of one token on ${number} instance(s): one generation, one token family`,
    async t => {
      const apps = await instances(t, number)
      const [app] = apps
      const first = await logIn(app)
      const rotations = Array.from({ length: 20 }, (_, i) => rotate(apps[i % number] ?? app, first.refresh_token))
      const answers = await Promise.all(rotations)
      t.same([...new Set(answers.map(outcome))], ['200'])
      const successors = answers.map(answer => answer.json<LoggedIn>())
      t.equal(new Set(successors.map(each => each.token)).size, 1, 'the same access token')
      t.equal(new Set(successors.map(each => each.refresh_token)).size, 1, 'the same refresh token')
      t.match(await sessionOf(app, first.token), { generation: 2, revoked_at: null })
      t.same(await reuseEvents(app, first.token), [])
      for (const each of apps) t.equal(outcome(await rotate(each, successors[0]?.refresh_token ?? '')), '200')
    },
  )

  t.test(`rotations racing a logout on ${number} instance(s) leave no live token`, async t => {
    const apps = await instances(t, number)
    const [app] = apps
    const other = apps.at(-1) ?? app
    const user = await verifiedUser(app)
    for (let round = 0; round < ROUNDS; round++) {
      const first = await logIn(app, user)
      const [out, ...rotations] = await Promise.all([
        logOut(app, first.token),
        ...Array.from({ length: 3 }, () => rotate(other, first.refresh_token)),
      ])
      // The rotation may have killed the access token first; then it was nobody's logout.
      if (out.statusCode !== 200) await logOut(app, succeeded(rotations)[0]?.token ?? '')
      t.ok((await sessionOf(app, first.token)).revoked_at)
      for (const tokens of [first, ...succeeded(rotations)]) t.ok(await dead(app, tokens))
    }
  })
}

t.test('a rotation that read its session before others rotated it never puts the generation back', async t => {
  const app = await build(t)
  const first = await logIn(app)
  const asRead = await findSession(app.db, sessionId(first.token))
  const second = await nextTokens(app, first.refresh_token)
  await nextTokens(app, second.refresh_token)
  t.equal(asRead && (await advanceGeneration(app.db, asRead)), false)
  t.match(await sessionOf(app, first.token), { generation: 3 })
})

t.test('a rotation that read its session before it was ended does not advance it', async t => {
  const app = await build(t)
  const { token } = await logIn(app)
  const asRead = await findSession(app.db, sessionId(token))
  await logOut(app, token)
  t.equal(asRead && (await advanceGeneration(app.db, asRead)), false)
})

t.test('rotations and logins racing the disabling of a user leave no live token', async t => {
  const [app, other] = await instances(t, MANY)
  const user = await verifiedUser(app)
  const { id } = await userOf(app, user.email)
  for (let round = 0; round < ROUNDS; round++) {
    const first = await logIn(app, user)
    const login = () => call(app, 'POST', '/users/v1/login', { payload: user })
    const answers = await Promise.all([
      rotate(other ?? app, first.refresh_token),
      login(),
      disable(app, id),
      login(),
      rotate(app, first.refresh_token),
    ])
    const tokens = succeeded(answers.filter(answer => answer !== undefined))
    for (const each of [first, ...tokens]) t.ok(await dead(app, each), 'dead')
    t.equal(outcome(await login()), '400 account-disabled')
    await app.db.updateTable('users').set({ disabled: 0 }).where('id', '=', id).execute()
  }
})

t.test('a user disabled by hand can no longer rotate, even if the sessions were left alone', async t => {
  const app = await build(t)
  const { user_id, refresh_token } = await logIn(app)
  await app.db.updateTable('users').set({ disabled: 1 }).where('id', '=', user_id).execute()
  t.equal(outcome(await rotate(app, refresh_token)), '401 token-invalid')
})

t.test('a login whose password is changed during its verification opens no session', async t => {
  const app = await build(t)
  const { email } = await verifiedUser(app)
  const asRead = await userOf(app, email)
  const password_hash = await app.passwords.hash('Bespin1980')
  await app.db.updateTable('users').set({ password_hash }).where('id', '=', asRead.id).execute()
  t.equal(await sessionOpener(app)(asRead, NO_CLIENT, []), undefined)
  t.same(await app.db.selectFrom('sessions').selectAll().where('user_id', '=', asRead.id).execute(), [])
})

t.test('logins racing a change of the password leave no session of the old one', async t => {
  const [app, other] = await instances(t, MANY)
  const user = await verifiedUser(app)
  const { id, password_hash: old } = await userOf(app, user.email)
  const fresh = await app.passwords.hash('Bespin1980')
  for (let round = 0; round < ROUNDS; round++) {
    const login = (on: FastifyInstance | undefined) =>
      call(on ?? app, 'POST', '/users/v1/login', { payload: { ...user } })
    const answers = await Promise.all([login(app), login(other), change(app, id, fresh), login(app), login(other)])
    const tokens = succeeded(answers.filter(answer => answer !== undefined))
    for (const each of tokens) t.ok(await dead(app, each))
    t.equal(outcome(await login(app)), '404 not-found')
    await app.db.updateTable('users').set({ password_hash: old }).where('id', '=', id).execute()
  }
})

t.test('a hundred sessions of one user live side by side', async t => {
  const app = await build(t)
  const { user_id, token } = await logIn(app)
  await transaction(app.db, async tx => {
    for (let i = 0; i < 100; i++) await insertSession(tx, { user_id, lifetime: 60_000, ...NOWHERE })
  })
  t.equal(outcome(await readFilms(app, token)), '200')
})

function succeeded(answers: Awaited<ReturnType<typeof call>>[]): LoggedIn[] {
  return answers.filter(({ statusCode }) => statusCode === 200).map(answer => answer.json<LoggedIn>())
}

async function userOf(app: FastifyInstance, email: string): Promise<User> {
  const user = await findUserByEmail(app.db, email)
  if (!user) throw new Error(`no user ${email}`)
  return user
}

/** What disabling an account will do: the user first, whose row a login locks, then the sessions. */
function disable(app: FastifyInstance, userId: number): Promise<void> {
  return endSessions(app, userId, { disabled: 1 })
}

function change(app: FastifyInstance, userId: number, passwordHash: string): Promise<void> {
  return endSessions(app, userId, { password_hash: passwordHash })
}

async function endSessions(app: FastifyInstance, userId: number, user: Partial<User>): Promise<void> {
  const ended = await app.db.transaction().execute(async tx => {
    await tx.updateTable('users').set(user).where('id', '=', userId).execute()
    const sessions = tx
      .selectFrom('sessions')
      .select('id')
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null)
    const live = await sessions.execute()
    const now = Date.now()
    await tx
      .updateTable('sessions')
      .set({ revoked_at: now, changed_at: now })
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null)
      .execute()
    return live
  })
  for (const { id } of ended) await app.revocations.publish(id, Infinity)
}
