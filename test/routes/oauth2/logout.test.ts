// RP-initiated logout: an application asks, the person answers, and what they chose has ended.
import * as openid from 'openid-client'
import t from 'tap'
import { call, codeOf, verifiedUser } from '../../support/app.ts'
import { logoutReceiver } from '../../support/logout-receiver.ts'
import { type Application, application, browser, logInWith, serve } from '../../support/oauth.ts'

const { app, issuer } = await serve(t)
const AWAY = 'https://news.example/bye'
const receiver = await logoutReceiver(t, issuer)
const metadata = {
  scope: 'openid offline_access',
  grant_types: ['authorization_code' as const, 'refresh_token' as const],
  post_logout_redirect_uris: [AWAY],
  backchannel_logout_uri: receiver.uri,
}
const news = await application(app, metadata)
const other = await application(app, { ...metadata, client_name: 'Radio' })

/** A person who is signed in, and through that to an application. */
async function signedIn(client: Application = news) {
  const user = await verifiedUser(app)
  const person = browser(issuer)
  await person.signIn(app, user)
  return { user, person, ...(await logIn(person, client)) }
}

async function logIn(person: ReturnType<typeof browser>, client: Application) {
  const tokens = await logInWith(person, client, { scope: 'openid offline_access', prompt: 'consent' })
  return { tokens, sid: String(tokens.claims()?.sid) }
}

type Tokens = Awaited<ReturnType<typeof logIn>>['tokens']

const logout = ({ id_token = '' }: Tokens, parameters: Record<string, string> = {}) =>
  `/oauth2/logout?${new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: AWAY, state: 's1', ...parameters })}`

/** Presses a button of the page. */
async function answer(person: ReturnType<typeof browser>, page: string, form: Record<string, string>) {
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
  return person.post('/oauth2/logout/confirm', { xsrf, ...form })
}

const hasEnded = async (sid: string) =>
  (await app.db.selectFrom('sessions').select('revoked_at').where('id', '=', sid).executeTakeFirst())?.revoked_at !==
  null

const isSignedIn = async (person: ReturnType<typeof browser>) => (await person.get('/account')).status === 200

t.test('whoever confirms is signed out of the application and of the service, and led back', async t => {
  const { person, tokens, sid } = await signedIn()
  const cookie = person.jar.get(app.sessionCookie.name)?.value ?? ''
  const page = await person.get(logout(tokens))
  t.match(page.headers.get('content-security-policy'), "form-action 'self' https://news.example;")
  const done = await answer(person, await page.text(), { logout: 'yes' })
  t.equal(done.status, 303)
  t.equal(done.headers.get('location'), `${AWAY}?state=s1`)
  t.ok(await hasEnded(sid))
  t.notOk(person.jar.has(app.sessionCookie.name), 'the cookie is gone')
  const withCookie = await call(app, 'GET', '/users/v1/me', {
    headers: { cookie: `${app.sessionCookie.name}=${cookie}` },
  })
  t.equal(codeOf(withCookie), 'token-invalid', 'and would be worth nothing')
  await t.rejects(openid.refreshTokenGrant(news.configuration, tokens.refresh_token ?? ''))
  await receiver.of(sid)
  const kinds = await app.db.selectFrom('audit_events').select('kind').where('session_id', '=', sid).execute()
  t.match(kinds, [{ kind: 'application-connected' }, { kind: 'session-ended' }])
})

t.test(
  'with the service end the other applications that this browser is signed in to, and each is told once',
  async t => {
    const { person, tokens, sid } = await signedIn()
    const { sid: second } = await logIn(person, other)
    const page = await (await person.get(logout(tokens))).text()
    const before = receiver.requests
    const byLibrary: unknown[] = []
    const library = await app.openidProvider.library()
    library.on('backchannel.error', (_ctx, error) => void byLibrary.push(error))
    await answer(person, page, { logout: 'yes' })
    for (const id of [sid, second]) {
      await receiver.of(id)
      t.ok(await hasEnded(id))
    }
    await app.logouts.idle()
    t.equal(receiver.requests - before, 2)
    t.same(byLibrary, [], 'the library, which could not reach this machine, has not tried')
  },
)

t.test('whoever stays signed in is signed out of this application only', async t => {
  const { person, tokens, sid } = await signedIn()
  const { sid: second } = await logIn(person, other)
  const page = await (await person.get(logout(tokens))).text()
  const done = await answer(person, page, {})
  t.equal(done.headers.get('location'), `${AWAY}?state=s1`)
  t.ok(await hasEnded(sid))
  t.notOk(await hasEnded(second))
  t.ok(await isSignedIn(person))
  await receiver.of(sid)
})

t.test('who was signed out of the service meanwhile is asked nothing: the application’s session ends', async t => {
  const { person, tokens, sid } = await signedIn()
  await person.post('/signout', {})
  t.notOk(await isSignedIn(person))
  t.notOk(await hasEnded(sid))
  const done = await person.get(logout(tokens))
  t.equal(done.status, 303)
  t.equal(done.headers.get('location'), `${AWAY}?state=s1`)
  t.ok(await hasEnded(sid))
})

t.test('threat: the ID token of another user signs out nobody who is signed in here', async t => {
  const { tokens, sid } = await signedIn()
  const { person: bystander, sid: own } = await signedIn()
  const done = await bystander.get(logout(tokens))
  t.equal(done.headers.get('location'), `${AWAY}?state=s1`)
  t.ok(await hasEnded(sid), 'the session that it is of')
  t.notOk(await hasEnded(own))
  t.ok(await isSignedIn(bystander))
})

t.test('an expired ID token will do', async t => {
  const { person, tokens, sid } = await signedIn()
  const { exp = 0 } = tokens.claims() ?? {}
  const now = Date.now
  t.teardown(() => {
    Date.now = now
  })
  Date.now = () => (exp + 60) * 1000
  const page = await person.get(logout(tokens))
  Date.now = now
  await answer(person, await page.text(), {})
  t.ok(await hasEnded(sid))
})

t.test('threat: what is no ID token of the application is refused, and so is a URI that is not registered', async t => {
  const { person, tokens, sid } = await signedIn()
  const forged = `${tokens.id_token?.slice(0, -8)}AAAAAAAA`
  const wrong: Record<string, string>[] = [
    { id_token_hint: forged },
    { id_token_hint: 'nonsense' },
    { client_id: other.id },
    { post_logout_redirect_uri: `${AWAY}/` },
    { post_logout_redirect_uri: `${AWAY}?x=1` },
    { post_logout_redirect_uri: 'https://evil.example/bye' },
  ]
  for (const parameters of wrong) {
    const refused = await person.get(logout(tokens, parameters))
    t.equal(refused.status, 400, JSON.stringify(parameters))
    t.equal(refused.headers.get('location'), null)
  }
  t.notOk(await hasEnded(sid))
})

t.test('threat: another site’s form confirms nothing', async t => {
  const { person, tokens, sid } = await signedIn()
  await person.get(logout(tokens))
  t.equal((await person.post('/oauth2/logout/confirm', { logout: 'yes', xsrf: 'guessed' })).status, 400)
  t.notOk(await hasEnded(sid))
  t.ok(await isSignedIn(person))
})

t.test('without a word about the application the person is asked, and led nowhere else', async t => {
  const { person, sid } = await signedIn()
  const page = await (await person.get(`/oauth2/logout?post_logout_redirect_uri=${AWAY}`)).text()
  t.match(page, 'An application asks to sign you out.')
  const done = await answer(person, page, { logout: 'yes' })
  t.equal(done.headers.get('location'), `${issuer}/oauth2/logout/success`)
  t.match(await (await person.get('/oauth2/logout/success')).text(), 'You are signed out')
  t.ok(await hasEnded(sid))
  t.notOk(await isSignedIn(person))
})
