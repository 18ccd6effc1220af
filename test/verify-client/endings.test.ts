/** Whatever ends a session: another service refuses its tokens at once, without asking. */
import t from 'tap'
import { administrator, call, type LoggedIn, logIn, PASSWORD, REAL, verifiedUser } from '../support/app.ts'
import { application, browser, serve, serveAnother } from '../support/oauth.ts'
import { tokensFor } from '../support/oauth-requests.ts'
import { age, logOut, nextTokens, rotate } from '../support/session.ts'
import { until } from '../support/until.ts'
import { verdict, verifierFor } from '../support/verify-client.ts'

const { app, issuer, env } = await serve(t)
const admin = await administrator(app)
// Signed up before there is another instance, which might send their mails.
const users: { email: string; password: string }[] = []
for (let i = 0; i < 10; i++) users.push(await verifiedUser(app))
// On the real profile, everything happens on another instance than the one whose feed is read.
const there = REAL ? (await serveAnother(t, { ...env, REVOCATION_SYNC_SECONDS: '20' })).app : app
const verifier = await verifierFor(t, app, { audience: ['holocron:access', issuer] })

const asAdmin = (method: 'PATCH' | 'DELETE', { user_id }: LoggedIn, payload: object) =>
  call(there, method, `/users/v1/${user_id}`, { token: admin.token, payload })

const ENDINGS: Record<string, (session: LoggedIn) => Promise<unknown>> = {
  'a logout': ({ token }) => logOut(there, token),
  'a rotation': ({ refresh_token }) => nextTokens(there, refresh_token),
  'a change of the password, elsewhere': async ({ email }) => {
    const { token } = await logIn(there, { email, password: PASSWORD })
    const payload = { old_password: PASSWORD, new_password: 'Coruscant19BBY' }
    return call(there, 'PUT', '/users/v1/password', { token, payload })
  },
  'a theft that is detected': async ({ token, refresh_token }) => {
    const next = await nextTokens(there, refresh_token)
    await age(there, token, 60_000)
    await rotate(there, refresh_token)
    if ((await verdict(verifier, next.token)) === 'accepted')
      await until(async () => (await verdict(verifier, next.token)) === '401 token-invalid', 1000)
  },
  'the end of the session in the list of devices': async ({ token, email }) => {
    const other = await logIn(there, { email, password: PASSWORD })
    const { sid } = app.tokens.access.verify(token)
    return call(there, 'DELETE', `/users/v1/sessions/${sid}`, { token: other.token })
  },
  'disabling the account': session => asAdmin('PATCH', session, { disabled: true }),
  'another role': session => asAdmin('PATCH', session, { access_role: 'admin' }),
  'deleting the account': session => asAdmin('DELETE', session, {}),
}

for (const [name, end] of Object.entries(ENDINGS)) {
  t.test(`${name} reaches the other service`, async t => {
    const session = await logIn(app, users.pop())
    t.equal(await verdict(verifier, session.token), 'accepted')
    await end(session)
    const took = await until(async () => (await verdict(verifier, session.token)) !== 'accepted', 2000)
    t.equal(await verdict(verifier, session.token), '401 token-invalid')
    t.ok(took < 1000, `${took} ms`)
  })
}

t.test('what was revoked before the service came is refused, too', async t => {
  const session = await logIn(app, users.pop())
  await logOut(app, session.token)
  t.equal(await verdict(await verifierFor(t, app), session.token), '401 token-invalid')
})

t.test('the end of an application’s access reaches the other service', async t => {
  const news = await application(app, { scope: 'openid films:read' })
  const person = browser(issuer)
  const user = users.pop()
  await person.signIn(app, user)
  const { access_token } = await tokensFor(person, news, { scope: 'openid films:read' })
  const scopes = ['films:read']
  t.equal(await verdict(verifier, access_token, { scopes }), 'accepted')
  const { token } = await logIn(there, user)
  const { sid } = app.tokens.application.verify(access_token)
  t.equal((await call(there, 'DELETE', `/users/v1/sessions/${sid}`, { token })).statusCode, 200)
  await until(async () => (await verdict(verifier, access_token, { scopes })) === '401 token-invalid', 2000)
})

t.test('the end of all sessions reaches the other service, which comes back with a new token', async t => {
  const { app } = await serve(t)
  const verifier = await verifierFor(t, app)
  const session = await logIn(app)
  const notBefore = await app.revocations.revokeAll()
  await until(async () => (await verdict(verifier, session.token)) === '401 token-invalid', 10_000)
  await until(() => Date.now() > notBefore + 1000)
  t.equal(await verdict(verifier, (await logIn(app)).token), 'accepted')
})
