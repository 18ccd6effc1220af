/** The live feed ends when its reader may read no longer: on all instances, and within a second. */
import t from 'tap'
import { administrator, call, type LoggedIn, logIn, PASSWORD, REAL } from '../../../support/app.ts'
import { openLiveFeed } from '../../../support/event-stream.ts'
import { serve, serveAnother } from '../../../support/oauth.ts'
import { age, logOut, nextTokens, sessionId } from '../../../support/session.ts'
import { until } from '../../../support/until.ts'

const { app, issuer, env } = await serve(t, { REVOCATION_SYNC_SECONDS: '1' })
const { url } = await serveAnother(t, env)
const admin = await administrator(app)

/** Without Redis, instances tell each other through the database. */
const ELSEWHERE_MS = REAL ? 1000 : 3500

const WAYS: Record<string, (user: LoggedIn) => Promise<unknown>> = {
  'the user logs out': ({ token }) => logOut(app, token),
  'the session is ended from another device': async ({ token, user_id }) =>
    call(app, 'DELETE', `/users/v1/${user_id}/sessions/${sessionId(token)}`, { token: admin.token }),
  'an administrator disables the account': ({ user_id }) =>
    call(app, 'PATCH', `/users/v1/${user_id}`, { token: admin.token, payload: { disabled: true } }),
  'the account is deleted': ({ token, user_id }) =>
    call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } }),
  'the token is rotated away': async ({ token, refresh_token }) => {
    await nextTokens(app, refresh_token)
    await age(app, token, 60_000)
  },
}

for (const [name, end] of Object.entries(WAYS))
  t.test(`${name}`, async t => {
    const user = await logIn(app)
    const streams = await Promise.all([issuer, url].map(base => openLiveFeed(t, base, { token: user.token })))
    const [here, there] = streams
    await Promise.all(streams.map(stream => stream.begun()))
    await end(user)
    t.ok((await until(() => here?.ended)) < 1000)
    const took = await until(() => there?.ended)
    t.ok(took < ELSEWHERE_MS, `${took} ms`)
  })

t.test('an administrator who loses the role no longer sees what changes in other accounts', async t => {
  const second = await administrator(app)
  const streams = await Promise.all([issuer, url].map(base => openLiveFeed(t, base, { token: second.token })))
  await Promise.all(streams.map(stream => stream.begun()))
  const payload = { access_role: 'basic' }
  const changed = await call(app, 'PATCH', `/users/v1/${second.user_id}`, { token: admin.token, payload })
  t.equal(changed.statusCode, 200)
  const took = await until(() => streams.every(({ ended }) => ended))
  t.ok(took < ELSEWHERE_MS, `${took} ms`)
})

t.test('it ends with the access token', async t => {
  const { app, issuer } = await serve(t, { ACCESS_TOKEN_TTL_SECONDS: '2' })
  const { token } = await logIn(app)
  const stream = await openLiveFeed(t, issuer, { token })
  await stream.begun()
  t.ok((await until(() => stream.ended)) < 3500)
})

t.test('an instance that stops ends it, and does not wait for its readers', async t => {
  const { app, issuer } = await serve(t)
  const { token, user_id } = await logIn(app)
  const stream = await openLiveFeed(t, issuer, { token })
  await stream.begun()
  const closed = app.close()
  await until(() => stream.ended, 1000)
  await closed
  t.throws(() => app.liveFeed.open({ holder: user_id, mayRead: () => true }), { code: 'unavailable' })
})
