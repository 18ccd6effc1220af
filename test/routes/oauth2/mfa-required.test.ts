// MFA_REQUIRED_FOR_ADMIN is switched on while administrators without a second factor already use applications.
import t from 'tap'
import { administrator, logIn, PASSWORD } from '../../support/app.ts'
import { application, browser, serve, serveAnother } from '../../support/oauth.ts'
import { answerOf, basic, codeFor, outcome, redemption, refresh, tokensFor } from '../../support/oauth-requests.ts'

const API = 'https://api.example'
const { app, issuer, env } = await serve(t, {
  OAUTH_RESOURCES: JSON.stringify({ [API]: 'orders:read' }),
  PASSWORD_GRANT: 'true',
})
const { url: strict } = await serveAnother(t, { ...env, MFA_REQUIRED_FOR_ADMIN: 'true' })
const news = await application(app, {
  scope: 'openid email offline_access films:read orders:read',
  grant_types: ['authorization_code', 'refresh_token', 'password'],
  first_party: true,
})

const ask = async (endpoint: string, form: Record<string, string>) =>
  answerOf(
    await fetch(`${strict}/oauth2/${endpoint}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: basic(news),
    }),
  )

const userinfo = async (token: string) =>
  outcome(await answerOf(await fetch(`${strict}/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } })))

const isActive = async (token: string) => (await ask('introspect', { token })).body.active

async function signedIn(as: typeof logIn) {
  const user = await as(app)
  const person = browser(issuer)
  await person.signIn(app, { email: user.email, password: PASSWORD })
  return { user, person }
}

/** By whatever way leads to tokens, and what those that are there already open. */
async function ways({ user, person }: Awaited<ReturnType<typeof signedIn>>) {
  const code = await codeFor(person, news)
  const opaque = await tokensFor(person, news)
  const ours = await tokensFor(person, news, { scope: 'openid email offline_access films:read', prompt: 'consent' })
  const theirs = await tokensFor(person, news, { scope: 'offline_access orders:read', prompt: 'consent' })
  const renew = ({ refresh_token }: { refresh_token: string }, more = {}) =>
    ask('token', { grant_type: 'refresh_token', refresh_token, ...more })
  const byPassword = { grant_type: 'password', username: user.email, password: PASSWORD, scope: 'orders:read' }
  const tokens = { opaque, ours, theirs, login: { access_token: user.token } }
  const active = Object.entries(tokens).map(async ([name, { access_token }]) => [name, await isActive(access_token)])
  return {
    ours,
    issued: [
      await ask('token', redemption(code)),
      await renew(ours),
      await renew(theirs, { resource: API }),
      await ask('token', byPassword),
    ],
    userinfo: [await userinfo(opaque.access_token), await userinfo(ours.access_token)],
    active: { ...Object.fromEntries(await Promise.all(active)), refresh: await isActive(ours.refresh_token) },
  }
}

t.test('threat: an administrator without a second factor goes on by an application of before', async t => {
  const sessions = () => app.db.selectFrom('sessions').select('id').where('revoked_at', 'is', null).execute()
  const admin = await signedIn(administrator)
  const { active, issued, ours, userinfo } = await ways(admin)
  for (const answer of issued) {
    t.equal(outcome(answer), '400 invalid_grant')
    t.match(answer.body.error_description, /second factor/)
  }
  t.same(userinfo, ['401 invalid_token', '401 invalid_token'])
  t.same(active, { opaque: false, ours: false, theirs: false, login: false, refresh: false })
  t.equal(outcome(await refresh(news, ours.refresh_token)), '200', 'what was refused is not used up')
  const before = await sessions()
  t.equal((await ask('revoke', { token: ours.access_token })).status, 200)
  t.equal((await sessions()).length, before.length - 1, 'and can be revoked')
})

t.test('nobody else notices', async t => {
  const { active, issued, userinfo } = await ways(await signedIn(logIn))
  t.same(issued.map(outcome), ['200', '200', '200', '200'])
  t.same(userinfo, ['200', '200'])
  t.same(active, { opaque: true, ours: true, theirs: true, login: true, refresh: true })
})
