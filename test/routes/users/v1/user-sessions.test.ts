// What administrators see and end of a user's sessions, and everybody of their own second factors.
import t from 'tap'
import { administrator, build, call, logIn, verifiedUser } from '../../../support/app.ts'
import { enrolled, steppingClock } from '../../../support/mfa.ts'
import { outcome, readFilms, sessionId } from '../../../support/session.ts'

steppingClock(t)
const app = await build(t)
const admin = await administrator(app)

t.test('an administrator lists the sessions of a user, ends one, then all', async t => {
  const user = await verifiedUser(app)
  const [one, other] = [await logIn(app, user), await logIn(app, user)]
  const url = `/users/v1/${one.user_id}/sessions`
  const { results } = (await call(app, 'GET', url, { token: admin.token })).json()
  t.same(results.map(({ id }: { id: string }) => id).sort(), [sessionId(one.token), sessionId(other.token)].sort())
  t.equal((await call(app, 'DELETE', `${url}/${sessionId(one.token)}`, { token: admin.token })).statusCode, 200)
  t.equal(outcome(await readFilms(app, one.token)), '401 token-invalid')
  t.equal(outcome(await readFilms(app, other.token)), '200')
  t.equal((await call(app, 'DELETE', `${url}/${sessionId(one.token)}`, { token: admin.token })).statusCode, 404)
  t.equal((await call(app, 'DELETE', url, { token: admin.token })).statusCode, 200)
  t.equal(outcome(await readFilms(app, other.token)), '401 token-invalid')
})

t.test("a session is not ended under another user's id", async t => {
  const [user, other] = [await logIn(app), await logIn(app)]
  const url = `/users/v1/${other.user_id}/sessions/${sessionId(user.token)}`
  t.equal(outcome(await call(app, 'DELETE', url, { token: admin.token })), '404 not-found')
  t.equal(outcome(await readFilms(app, user.token)), '200')
})

t.test('ending them takes an administrator who has just authenticated', async t => {
  const user = await logIn(app)
  const url = `/users/v1/${user.user_id}/sessions`
  t.equal(outcome(await call(app, 'GET', url, { token: user.token })), '200')
  t.equal(outcome(await call(app, 'DELETE', url, { token: user.token })), '403 forbidden')
  const stale = await logIn(app, { email: admin.email, password: 'Alderaan1977' })
  t.equal(outcome(await call(app, 'DELETE', url, { token: stale.token })), '403 reauthentication-required')
  t.equal(outcome(await call(app, 'GET', '/users/v1/999999999/sessions', { token: admin.token })), '404 not-found')
})

t.test('second factors are listed without their secrets', async t => {
  const { user_id, token } = await enrolled(app)
  const response = await call(app, 'GET', `/users/v1/${user_id}/mfa`, { token })
  t.match(response.json(), { totp: { enabled: String }, passkeys: [], recovery_codes_left: 10 })
  t.equal(outcome(await call(app, 'GET', '/users/v1/999999999/mfa', { token: admin.token })), '404 not-found')
})
