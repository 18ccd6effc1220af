// A leaked or restored backup: what applications were given ends with everything else, and they are told.
import * as openid from 'openid-client'
import t from 'tap'
import { verifiedUser } from '../support/app.ts'
import { logoutReceiver } from '../support/logout-receiver.ts'
import { application, browser, logInWith, serve, serveAnother } from '../support/oauth.ts'
import { run } from '../support/run-script.ts'
import { until } from '../support/until.ts'

const { app, issuer, env } = await serve(t, { REVOCATION_SYNC_SECONDS: '1' })
const receiver = await logoutReceiver(t, issuer)
const news = await application(app, {
  scope: 'openid offline_access films:read',
  grant_types: ['authorization_code', 'refresh_token'],
  backchannel_logout_uri: receiver.uri,
})

async function connected() {
  const user = await verifiedUser(app)
  const person = browser(issuer)
  await person.signIn(app, user)
  const scope = 'openid offline_access films:read'
  const tokens = await logInWith(person, news, { scope, prompt: 'consent' })
  return { user, tokens, sid: String(tokens.claims()?.sid) }
}

type Tokens = Awaited<ReturnType<typeof connected>>['tokens']

const films = async (at: string, { access_token }: Tokens) =>
  (await fetch(`${at}/films/v1/`, { headers: { authorization: `Bearer ${access_token}` } })).status

const refreshed = ({ refresh_token = '' }: Tokens) =>
  openid.refreshTokenGrant(news.configuration, refresh_token).then(
    () => true,
    () => false,
  )

const told = (sid: string) => until(() => receiver.told.some(token => token.sid === sid), 5000)

t.test('--all ends what applications were given, and they are told', async t => {
  const { tokens, sid } = await connected()
  t.ok(await refreshed(tokens))
  t.equal((await run('revoke.ts', ['--all'], env)).code, 0)
  t.notOk(await refreshed(tokens))
  await until(async () => (await films(issuer, tokens)) === 401, 3000)
  await told(sid)
  const left = await app.db.selectFrom('oauth_records').select('model').where('grant_id', '=', sid).execute()
  t.same(left, [])
  const next = await connected()
  t.ok(await refreshed(next.tokens), 'new ones are valid')
})

t.test('--all ends the grant that a restored backup brings back', async t => {
  const { tokens, sid } = await connected()
  const sessions = await app.db.selectFrom('sessions').selectAll().where('id', '=', sid).execute()
  const records = await app.db.selectFrom('oauth_records').selectAll().where('grant_id', '=', sid).execute()
  await openid.tokenRevocation(news.configuration, tokens.refresh_token ?? '')
  await receiver.of(sid)
  await app.db.deleteFrom('sessions').where('id', '=', sid).execute()
  await app.db.insertInto('sessions').values(sessions).execute()
  await app.db.insertInto('oauth_records').values(records).execute()
  t.ok(await refreshed(tokens), 'it is back')

  t.equal((await run('revoke.ts', ['--all'], env)).code, 0)
  t.notOk(await refreshed(tokens))
  const restarted = await serveAnother(t, env)
  t.equal(await films(restarted.url, tokens), 401)
})

t.test('--user ends what applications were given by this user, and they are told by the running service', async t => {
  const { user, tokens, sid } = await connected()
  const { tokens: others } = await connected()
  t.equal((await run('revoke.ts', ['--user', user.email], env)).code, 0)
  t.notOk(await refreshed(tokens))
  t.ok(await refreshed(others))
  await told(sid)
})
