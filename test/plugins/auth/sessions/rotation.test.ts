import t from 'tap'
import { build, logIn } from '../../../support/app.ts'
import { age, nextTokens, outcome, readFilms, reuseEvents, rotate, sessionOf } from '../../../support/session.ts'

const app = await build(t)

t.test('a rotation returns tokens of the next generation and invalidates the previous ones', async t => {
  const first = await logIn(app)
  const second = await nextTokens(app, first.refresh_token)
  t.match(await sessionOf(app, first.token), { generation: 2, revoked_at: null })
  t.equal(outcome(await readFilms(app, second.token)), '200')
  t.equal(outcome(await readFilms(app, first.token)), '401 token-invalid')
  t.equal(outcome(await rotate(app, second.refresh_token)), '200', 'and so on')
})

t.test('a lost response: retries within the grace period get the same tokens, however often', async t => {
  const { refresh_token } = await logIn(app)
  const lost = await nextTokens(app, refresh_token)
  t.same(await nextTokens(app, refresh_token), lost)
  t.same(await nextTokens(app, refresh_token), lost)
  t.equal((await sessionOf(app, lost.token)).generation, 2)
  t.equal(outcome(await readFilms(app, lost.token)), '200')
  t.equal(outcome(await rotate(app, lost.refresh_token)), '200')
  t.same(await reuseEvents(app, lost.token), [])
})

t.test('commit sent, response lost: after the retry the previous access token is invalid immediately', async t => {
  const first = await logIn(app)
  // What a process leaves behind that dies, or loses its database, right after the commit: nobody was told.
  await app.db
    .updateTable('sessions')
    .set(eb => ({ generation: eb('generation', '+', 1) }))
    .where('id', '=', (await sessionOf(app, first.token)).id)
    .execute()
  const second = await nextTokens(app, first.refresh_token)
  t.equal(outcome(await readFilms(app, first.token)), '401 token-invalid')
  t.equal(outcome(await readFilms(app, second.token)), '200')
})

t.test('the grace period begins with the rotation, and retries do not extend it', async t => {
  const { refresh_token } = await logIn(app)
  const second = await nextTokens(app, refresh_token)
  await age(app, second.token, 9000)
  t.equal(outcome(await rotate(app, refresh_token)), '200')
  await age(app, second.token, 1001)
  t.equal(outcome(await rotate(app, refresh_token)), '401 token-invalid')
})

t.test('with REFRESH_GRACE_SECONDS=0 no refresh token works twice', async t => {
  const strict = await build(t, { REFRESH_GRACE_SECONDS: '0' })
  const { refresh_token } = await logIn(strict)
  const second = await nextTokens(strict, refresh_token)
  // Within the same millisecond too.
  await age(strict, second.token, -60_000)
  t.equal(outcome(await rotate(strict, refresh_token)), '401 token-invalid')
  t.equal(outcome(await readFilms(strict, second.token)), '401 token-invalid')
})

t.test("a deleted user's tokens get 404 user-not-found, whatever their generation", async t => {
  const first = await logIn(app)
  const second = await nextTokens(app, first.refresh_token)
  await app.db.deleteFrom('users').where('id', '=', first.user_id).execute()
  t.equal(outcome(await rotate(app, second.refresh_token)), '404 user-not-found')
  t.equal(outcome(await rotate(app, first.refresh_token)), '404 user-not-found')
})

t.test('a refresh token of a future generation (after a restored backup, say) is rejected', async t => {
  const first = await logIn(app)
  const second = await nextTokens(app, first.refresh_token)
  const { id } = await sessionOf(app, first.token)
  await app.db.updateTable('sessions').set({ generation: 1 }).where('id', '=', id).execute()
  t.equal(outcome(await rotate(app, second.refresh_token)), '401 token-invalid')
  t.match(await sessionOf(app, first.token), { generation: 1, revoked_at: null })
})

t.test('a session that was removed is refused', async t => {
  const { token, refresh_token } = await logIn(app)
  await app.db
    .deleteFrom('sessions')
    .where('id', '=', (await sessionOf(app, token)).id)
    .execute()
  t.equal(outcome(await rotate(app, refresh_token)), '401 token-invalid')
})
