// Commit sent, answer lost: the database has done it, and the service does not know. A retry must find things as if the answer had come.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { build, call, environment, logIn, newEmail, PASSWORD, REAL, verifiedUser } from '../support/app.ts'
import { dead, logOut, outcome, type Pair, readFilms, rotate, sessionOf } from '../support/session.ts'

const skip = REAL ? false : 'an embedded database loses no answers'

/** An application whose next answer to a statement can be lost: the server has done it, and the connection breaks before it can say so. */
async function losing(t: Test) {
  const env = await environment(t)
  const database = new URL(env.DATABASE_URL ?? '')
  const target = Number(database.port || 3306)
  const sockets = new Set<Socket>()
  let wanted: RegExp | undefined
  const server = createServer(client => {
    const upstream = connect(target, '127.0.0.1')
    let lost = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket
        .on('error', () => {})
        .on('close', () => {
          client.destroy()
          upstream.destroy()
        })
    }
    client.on('data', sent => {
      if (wanted?.test(sent.toString('latin1'))) {
        wanted = undefined
        lost = true
      }
      upstream.write(sent)
    })
    upstream.on('data', answer => (lost ? client.destroy() : client.write(answer)))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  database.hostname = '127.0.0.1'
  database.port = String((server.address() as AddressInfo).port)
  const app = await build(t, { ...env, DATABASE_URL: database.href })
  return {
    app,
    loseAnswerTo: (statement: RegExp) => {
      wanted = statement
    },
    lost: () => wanted === undefined,
  }
}

// Not the READ COMMITTED that every new connection is told.
const COMMIT = /\bcommit\b/i
const UNKNOWN = '503 service-unavailable'

t.test('sign-up: the retry finds the account, once, and its mail', { skip }, async t => {
  const { app, loseAnswerTo, lost } = await losing(t)
  const payload = { email: newEmail(), password: PASSWORD }
  loseAnswerTo(COMMIT)
  t.equal(outcome(await call(app, 'POST', '/users/v1/signup', { payload })), UNKNOWN)
  t.ok(lost())
  t.equal(outcome(await call(app, 'POST', '/users/v1/signup', { payload })), '400 user-already-exists')
  t.equal((await app.db.selectFrom('users').select('id').where('email', '=', payload.email).execute()).length, 1)
  t.equal((await app.db.selectFrom('outbox').select('id').where('recipient', '=', payload.email).execute()).length, 1)
})

t.test('login: the retry opens a session', { skip }, async t => {
  const { app, loseAnswerTo, lost } = await losing(t)
  const payload = await verifiedUser(app)
  loseAnswerTo(COMMIT)
  t.equal(outcome(await call(app, 'POST', '/users/v1/login', { payload })), UNKNOWN)
  t.ok(lost())
  t.equal(outcome(await readFilms(app, (await logIn(app, payload)).token)), '200')
})

t.test('rotation: the retry gets the one successor, and the old access token is invalid', { skip }, async t => {
  const { app, loseAnswerTo, lost } = await losing(t)
  const first = await logIn(app)
  loseAnswerTo(/update `sessions` set `generation`/)
  t.equal(outcome(await rotate(app, first.refresh_token)), UNKNOWN)
  t.ok(lost())
  const retries = await Promise.all([1, 2, 3].map(() => rotate(app, first.refresh_token)))
  t.same(retries.map(outcome), ['200', '200', '200'])
  t.equal(new Set(retries.map(each => each.body)).size, 1, 'the very same tokens')
  t.match(await sessionOf(app, first.token), { generation: 2, revoked_at: null })
  t.equal(outcome(await readFilms(app, first.token)), '401 token-invalid')
  t.equal(outcome(await readFilms(app, retries[0]?.json<Pair>().token ?? '')), '200')
})

t.test('logout: the retry reports it, and the tokens are invalid', { skip }, async t => {
  const { app, loseAnswerTo, lost } = await losing(t)
  const tokens = await logIn(app)
  loseAnswerTo(/update `sessions` set `revoked_at`/)
  t.equal(outcome(await logOut(app, tokens.token)), UNKNOWN)
  t.ok(lost())
  t.equal(outcome(await logOut(app, tokens.token)), '200')
  t.ok(await dead(app, tokens))
})
