// How the sessions of applications count: beside the person's own logins, and as long as they are used.
import * as openid from 'openid-client'
import t from 'tap'
import { build, call, codeOf, logIn, verifiedUser } from '../../support/app.ts'
import { type Application, application, browser, logInWith, request, serve } from '../../support/oauth.ts'

const TTL = 1000
const { app, issuer, env } = await serve(t, { SESSIONS_MAX: '2', REFRESH_TOKEN_TTL_SECONDS: String(TTL) })
const metadata = {
  scope: 'openid offline_access',
  grant_types: ['authorization_code' as const, 'refresh_token' as const],
}
const news = await application(app, metadata)
const radio = await application(app, { ...metadata, client_name: 'Radio' })

async function connected(client: Application, user: { email: string; password: string }) {
  const person = browser(issuer)
  await person.signIn(app, user)
  const tokens = await logInWith(person, client, { scope: 'openid offline_access', prompt: 'consent' })
  return { person, tokens, sid: String(tokens.claims()?.sid) }
}

const open = async (client_id: string | null, email: string) => {
  const sessions = await app.db
    .selectFrom('sessions')
    .innerJoin('users', 'users.id', 'sessions.user_id')
    .select(['sessions.id', 'client_id'])
    .where('email', '=', email)
    .where('revoked_at', 'is', null)
    .execute()
  return sessions.filter(session => session.client_id === client_id).map(({ id }) => id)
}

/** As if so much time had passed (s) since the tokens and the session were used last. */
async function pass(sid: string, seconds: number) {
  const back = seconds * 1000
  await app.db
    .updateTable('sessions')
    .set(eb => ({ rotated_at: eb('rotated_at', '-', back) }))
    .where('id', '=', sid)
    .execute()
  await app.db
    .updateTable('oauth_records')
    .set(eb => ({ expires_at: eb('expires_at', '-', back) }))
    .where('grant_id', '=', sid)
    .execute()
}

t.test('applications push out neither the person’s own logins nor each other; each its own oldest', async t => {
  const user = await verifiedUser(app)
  const { sid: ofRadio } = await connected(radio, user)
  const sids: string[] = []
  for (let i = 0; i < 3; i++) sids.push((await connected(news, user)).sid)
  t.same((await open(news.id, user.email)).sort(), sids.slice(1).sort())
  t.same(await open(radio.id, user.email), [ofRadio])
  t.equal((await open(null, user.email)).length, 2)
})

t.test(
  'LOGIN_POLICY=single refuses neither the application of who is logged in, nor a login because of applications',
  async t => {
    const single = await build(t, { ...env, LOGIN_POLICY: 'single' })
    const user = await verifiedUser(app)
    const { person } = await connected(news, user)
    const again = () => call(single, 'POST', '/users/v1/login', { payload: user })
    t.equal(codeOf(await again()), 'user-already-logged-in')
    await person.post('/signout', {})
    t.equal((await open(news.id, user.email)).length, 1, 'the application has one still')
    const { token } = await logIn(single, user)
    t.ok(token)
  },
)

t.test('a session lives as long as its refresh token is used, and one that is not ends', async t => {
  const { sid, tokens } = await connected(news, await verifiedUser(app))
  const refresh_token = tokens.refresh_token ?? ''
  for (let i = 0; i < 3; i++) {
    await pass(sid, TTL * 0.7)
    t.ok((await openid.refreshTokenGrant(news.configuration, refresh_token)).access_token)
  }
  await pass(sid, TTL + 1)
  await t.rejects(openid.refreshTokenGrant(news.configuration, refresh_token))
})

t.test('after a session ended unused, the application logs the person in again', async t => {
  const { person, sid } = await connected(news, await verifiedUser(app))
  await pass(sid, TTL + 1)
  const next = await logInWith(person, news, { scope: 'openid offline_access' })
  t.not(next.claims()?.sid, sid)
})

t.test('consent holds in another browser as long as any session has it, not only the newest', async t => {
  const user = await verifiedUser(app)
  const { sid: first } = await connected(news, user)
  const { sid: newest } = await connected(news, user)
  const person = browser(issuer)
  await person.signIn(app, user)
  const silently = async () => {
    const { url } = await request(news, { scope: 'openid offline_access', prompt: 'none' })
    const { searchParams } = new URL((await person.follow(await person.get(url))).url)
    return searchParams.get('error') ?? 'code'
  }
  await pass(first, TTL + 1)
  await pass(newest, TTL + 1)
  t.equal(await silently(), 'consent_required')
  await pass(first, -TTL)
  const elsewhere = browser(issuer)
  await elsewhere.signIn(app, user)
  await logInWith(elsewhere, news, { scope: 'openid', prompt: 'consent' })
  t.equal(await silently(), 'code')
})
