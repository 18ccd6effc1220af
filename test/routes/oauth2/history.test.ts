// What people read in their history about applications: which one it was, and why its access ended.
import t from 'tap'
import { administrator, call, logIn, verifiedUser } from '../../support/app.ts'
import { administratorsBrowser, signedInBrowser } from '../../support/console.ts'
import { application, browser, serve } from '../../support/oauth.ts'
import { claimsOf, codeFor, outcome, post, redemption, refresh, type Tokens } from '../../support/oauth-requests.ts'

const { app, issuer } = await serve(t)
const news = await application(app, {
  scope: 'openid offline_access',
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'none',
})
const asked = { scope: 'openid offline_access', prompt: 'consent' }

interface Event {
  kind: string
  client_id: string | null
  application_name: string | null
}

async function connected() {
  const user = await verifiedUser(app)
  const person = browser(issuer)
  await person.signIn(app, user)
  const code = await codeFor(person, news, asked)
  const tokens = (await post(news, 'token', redemption(code))).body as unknown as Tokens
  const own = await logIn(app, user)
  const read = async (path: string) => (await call(app, 'GET', `/users/v1/${own.user_id}/${path}`, own)).json()
  return {
    user,
    code,
    tokens,
    own,
    sid: String(claimsOf(tokens.id_token).sid),
    events: async () => (await read('events')).results as Event[],
    exported: async () => (await read('export')).audit_events as Event[],
  }
}

const ofNews = (kind: string) => ({ kind, client_id: news.id, application_name: 'Holonet News' })

t.test('a code that comes back is recorded as what it is', async t => {
  const { code, events } = await connected()
  t.equal(outcome(await post(news, 'token', redemption(code))), '400 invalid_grant')
  t.match(await events(), [ofNews('code-reused')])
})

t.test('an old refresh token that comes back is recorded with the application', async t => {
  const { tokens, events, sid } = await connected()
  t.equal(outcome(await refresh(news, tokens.refresh_token)), '200')
  const past = { consumed_at: Date.now() - 3_600_000 }
  const used = app.db.updateTable('oauth_records').set(past).where('consumed_at', 'is not', null)
  await used.where('grant_id', '=', sid).execute()
  t.equal(outcome(await refresh(news, tokens.refresh_token)), '400 invalid_grant')
  t.match(await events(), [ofNews('refresh-token-reused')])
})

t.test('an access that somebody ends is recorded with the application, one by one and all together', async t => {
  const one = await connected()
  await call(app, 'DELETE', `/users/v1/sessions/${one.sid}`, one.own)
  t.match(await one.events(), [ofNews('session-ended')])
  t.match(await one.exported(), [ofNews('session-ended')])

  const all = await connected()
  await call(app, 'DELETE', '/users/v1/sessions', all.own)
  const ended = (await all.events()).filter(({ kind }) => kind === 'session-ended')
  t.same(ended.map(({ application_name }) => application_name).sort(), ['Holonet News', null])

  const byAdministrator = await connected()
  await (await administratorsBrowser(app)).submit(
    `/admin/users/${byAdministrator.own.user_id}/sessions/${byAdministrator.sid}/end`,
  )
  t.match(await byAdministrator.events(), [ofNews('session-ended')])
})

t.test('the pages say it in words, and what was signed out here as before', async t => {
  const { user, sid, own } = await connected()
  const console = await signedInBrowser(app, user)
  await console.submit(`/account/devices/${sid}/end`)
  await call(app, 'POST', '/users/v1/logout', own)
  const page = (await console.open('/account/history')).body
  t.match(page, /<strong>Access of an application ended<\/strong> · <bdi>Holonet News<\/bdi>/)
  t.match(page, '<strong>A device was signed out</strong></p>')
  t.match((await console.open('/account/history?lang=de')).body, 'Zugriff einer Anwendung beendet')
  const administration = await administratorsBrowser(app)
  const administrators = (await administration.open('/admin/history')).body
  t.match(
    administrators,
    new RegExp(`ended</strong>.*<a href="/admin/applications/${news.id}"><bdi>Holonet News</bdi></a>`),
  )
})

t.test('of an application that is gone its id is left, and when its access ended', async t => {
  const gone = await application(app)
  const { user, events } = await connected()
  const person = browser(issuer)
  await person.signIn(app, user)
  await codeFor(person, gone)
  await call(app, 'DELETE', `/oauth2/clients/${gone.id}`, { token: (await administrator(app)).token })
  const history = (await events()).filter(({ client_id }) => client_id === gone.id)
  const ofGone = (kind: string) => ({ kind, client_id: gone.id, application_name: null })
  t.match(history, [ofGone('session-ended'), ofGone('application-connected')])
  t.equal(history.length, 2)
  const page = (await (await signedInBrowser(app, user)).open('/account/history')).body
  t.match(page, `Application ${gone.id}, which was deleted`)
})
