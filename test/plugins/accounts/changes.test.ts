import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { updateUser } from '#sql/users.ts'
import { build, environment, type LoggedIn, logIn, NO_CLIENT, REAL, verifiedUser } from '../../support/app.ts'
import { isRevoked, outcome, readFilms, sessionId } from '../../support/session.ts'
import { failUpdates, loseCommits } from '../../support/transactions.ts'
import { until } from '../../support/until.ts'

type Work = Parameters<FastifyInstance['accounts']['change']>[2]

const CLIENT = { ...NO_CLIENT, userAgent: 'a test' }
const deadlock = Object.assign(new Error('a deadlock'), { code: 'ER_LOCK_DEADLOCK' })

/** Has every effect that there is. */
const everything: Work = async (tx, { id }, effects) => {
  await updateUser(tx, id, { first_name: 'Leia' })
  await effects.auditEvent('password-changed')
  await effects.mail('password-changed')
  await effects.endSessions()
}

/** What is seen outside the transaction. */
async function traces(app: FastifyInstance, { user_id, email }: LoggedIn) {
  await app.mailer.idle()
  const events = await app.db.selectFrom('audit_events').select('kind').where('user_id', '=', user_id).execute()
  return {
    name: (await app.users.get(user_id)).first_name,
    events: events
      .map(({ kind }) => kind)
      .filter(kind => kind === 'password-changed' || kind === 'session-ended')
      .sort(),
    mails: app.mailbox?.list(email).filter(({ subject }) => subject.includes('changed')).length,
  }
}

const UNTOUCHED = { name: null, events: [], mails: 0 }

t.test('a change that fails has no effect at all', async t => {
  const app = await build(t)
  const user = await logIn(app)
  const failure = new Error('too late')
  const published: unknown[] = []
  t.teardown(
    t.intercept(app.revocations, 'publish', { value: async (...args: unknown[]) => void published.push(args) }).restore,
  )
  let ran = false
  const change = app.accounts.change(user.user_id, CLIENT, async (tx, row, effects) => {
    await everything(tx, row, effects)
    effects.afterCommit(() => (ran = true))
    throw failure
  })
  await t.rejects(change, failure)
  t.same(await traces(app, user), UNTOUCHED)
  t.same(published, [])
  t.notOk(ran)
  t.equal(outcome(await readFilms(app, user.token)), '200')
})

t.test('a change that is run again after a deadlock has each effect once', async t => {
  const app = await build(t)
  const user = await logIn(app)
  let attempts = 0
  const ran: number[] = []
  await app.accounts.change(user.user_id, CLIENT, async (tx, row, effects) => {
    const attempt = ++attempts
    effects.afterCommit(() => ran.push(attempt))
    await everything(tx, row, effects)
    if (attempt < 3) throw deadlock
  })
  t.same(ran, [3])
  t.same(await traces(app, user), { name: 'Leia', events: ['password-changed', 'session-ended'], mails: 1 })
})

t.test('when it returns, this process knows', async t => {
  const app = await build(t)
  const user = await logIn(app)
  t.equal((await app.users.get(user.user_id)).first_name, null, 'in the cache')
  await app.accounts.change(user.user_id, CLIENT, everything)
  t.equal(outcome(await readFilms(app, user.token)), '401 token-invalid')
  t.match(await traces(app, user), { name: 'Leia', mails: 1 })
})

t.test('callbacks that fail are logged: the change was made, and all else that follows from it happens', async t => {
  const logs: string[] = []
  const app = await build(t, { LOG_LEVEL: 'error' }, { write: line => logs.push(line) })
  const user = await logIn(app)
  let ran = false
  const result = await app.accounts.change(user.user_id, CLIENT, async (tx, row, effects) => {
    effects.afterCommit(() => {
      throw new Error('a throw')
    })
    effects.afterCommit(() => Promise.reject(new Error('a rejection')))
    effects.afterCommit(() => (ran = true))
    await everything(tx, row, effects)
    return 'done'
  })
  t.equal(result, 'done')
  t.ok(ran)
  t.equal(outcome(await readFilms(app, user.token)), '401 token-invalid')
  t.match(await traces(app, user), { name: 'Leia', mails: 1 })
  t.same(
    logs.map(line => JSON.parse(line).err.message),
    ['a throw', 'a rejection'],
  )
})

t.test('revocations are published before the callbacks of the change run', async t => {
  const app = await build(t)
  const user = await logIn(app)
  let revoked = false
  await app.accounts.change(user.user_id, CLIENT, async (_tx, _row, effects) => {
    effects.afterCommit(() => (revoked = isRevoked(app, sessionId(user.token), 1)))
    await effects.endSessions()
  })
  t.ok(revoked)
})

t.test('a change whose COMMIT is not answered counts as made: tokens are revoked, the cache is invalid', async t => {
  const app = await build(t)
  const user = await logIn(app)
  t.equal((await app.users.get(user.user_id)).first_name, null, 'in the cache')
  const intercepted = loseCommits(t, app)
  await t.rejects(app.accounts.change(user.user_id, CLIENT, everything), { code: 'ECONNRESET' })
  intercepted.restore()
  t.equal(outcome(await readFilms(app, user.token)), '401 token-invalid')
  t.equal((await app.users.get(user.user_id)).first_name, 'Leia')
})

t.test('a connection that is lost before COMMIT revokes nothing', async t => {
  const app = await build(t)
  const user = await logIn(app)
  const intercepted = failUpdates(t, app, 'users')
  const change = app.accounts.change(user.user_id, CLIENT, async (tx, row, effects) => {
    await effects.endSessions()
    await updateUser(tx, row.id, { first_name: 'Leia' })
  })
  await t.rejects(change, { code: 'ECONNRESET' })
  intercepted.restore()
  t.same(await traces(app, user), UNTOUCHED)
  t.equal(outcome(await readFilms(app, user.token)), '200')
})

t.test('and the others hear of it', { skip: !REAL }, async t => {
  const env = await environment(t, { REVOCATION_SYNC_SECONDS: '20' })
  const [here, there] = [await build(t, env), await build(t, env)]
  const user = await logIn(here)
  t.equal((await there.users.get(user.user_id)).first_name, null, 'in the cache')
  await here.accounts.change(user.user_id, CLIENT, everything)
  t.equal((await there.users.get(user.user_id)).first_name, 'Leia')
  await until(() => isRevoked(there, sessionId(user.token), 1), 1000)
  t.equal(outcome(await readFilms(there, user.token)), '401 token-invalid')
})

t.test('all sessions end, or all but one', async t => {
  const app = await build(t)
  const account = await verifiedUser(app)
  const [own, other] = [await logIn(app, account), await logIn(app, account)]
  await app.accounts.change(own.user_id, CLIENT, (_tx, _user, effects) =>
    effects.endSessions({ except: sessionId(own.token) }),
  )
  t.equal(outcome(await readFilms(app, own.token)), '200')
  t.equal(outcome(await readFilms(app, other.token)), '401 token-invalid')
})

t.test('work sees the account as it is after the lock, not as it was read before', async t => {
  const app = await build(t)
  const { user_id } = await logIn(app)
  const name = (to: string) =>
    app.accounts.change(user_id, CLIENT, async (tx, { first_name }) => {
      await updateUser(tx, user_id, { first_name: `${first_name ?? ''}${to}` })
    })
  await Promise.all(['a', 'b', 'c'].map(name))
  t.equal((await app.users.get(user_id)).first_name?.length, 3)
})

t.test("a deleted user's data are not changed", async t => {
  const app = await build(t)
  const { user_id } = await logIn(app)
  await app.db.deleteFrom('users').where('id', '=', user_id).execute()
  await t.rejects(app.accounts.change(user_id, CLIENT, everything), { code: 'user-not-found' })
})

t.test('no route publishes, invalidates or wakes by hand: what follows from a change cannot be forgotten', async t => {
  const routes = join(import.meta.dirname, '../../../routes')
  const byHand = /\.publish\(|users\.invalidate|mailer\.wake/
  const files = readdirSync(routes, { recursive: true, encoding: 'utf8' }).filter(
    file => file.endsWith('.ts') && byHand.test(readFileSync(join(routes, file), 'utf8')),
  )
  t.same(files, [])
})
