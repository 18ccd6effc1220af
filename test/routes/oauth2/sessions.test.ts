// A grant is a session: people see which application has one, and whatever ends it ends all that the application was given, on every instance.
import * as openid from 'openid-client'
import t from 'tap'
import { administrator, call, logIn, PASSWORD, REAL, verifiedUser } from '../../support/app.ts'
import { administratorsBrowser, signedInBrowser } from '../../support/console.ts'
import { logoutReceiver } from '../../support/logout-receiver.ts'
import { type Application, application, browser, logInWith, serve, serveAnother } from '../../support/oauth.ts'
import { until } from '../../support/until.ts'

// Through Redis alone, where there is one.
const { app, issuer, env } = await serve(t, { REVOCATION_SYNC_SECONDS: REAL ? '20' : '1' })
const { url: elsewhere } = await serveAnother(t, env)
const INSTANCES = [issuer, elsewhere]
const FULL = {
  scope: 'openid profile email offline_access films:read',
  grant_types: ['authorization_code', 'refresh_token'],
} as const
const receiver = await logoutReceiver(t, issuer)
const metadata = {
  backchannel_logout_uri: receiver.uri,
  scope: FULL.scope,
  grant_types: [...FULL.grant_types],
}
const news = await application(app, metadata)
const spa = await application(app, { ...metadata, client_name: 'Spa', token_endpoint_auth_method: 'none' })
const admin = await administrator(app)

/** A person, and a session that an application opened for them: with an access token for films, and an opaque one for who they are. */
async function connected(client: Application = news) {
  const user = await verifiedUser(app)
  const person = browser(issuer)
  await person.signIn(app, user)
  const { refresh_token = '', access_token: films } = await logInWith(person, client, {
    scope: 'openid offline_access films:read',
    prompt: 'consent',
  })
  const { access_token: opaque } = await logInWith(person, client, { scope: 'openid' })
  const own = await logIn(app, user)
  const { results } = (await call(app, 'GET', '/users/v1/sessions', { token: own.token })).json()
  const session = results.find(({ application }: { application: unknown }) => application)
  return { user, own, person, session, films, opaque, refresh_token }
}

type Tokens = Pick<Awaited<ReturnType<typeof connected>>, 'films' | 'opaque' | 'refresh_token'>

/** What the tokens are worth at an instance: all of it, in words. */
async function worth(at: string, { id, secret }: Application, { films, opaque, refresh_token }: Tokens) {
  const authorization = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  const post = async (path: string, form: Record<string, string>) => {
    const body = new URLSearchParams({ ...form, ...(!secret && { client_id: id }) })
    const headers: Record<string, string> = secret ? { authorization: `Basic ${btoa(`${id}:${secret}`)}` } : {}
    return (await fetch(`${at}/oauth2/${path}`, { method: 'POST', body, headers })).json() as Promise<
      Record<string, unknown>
    >
  }
  const { error } = await post('token', { grant_type: 'refresh_token', refresh_token })
  const introspected = secret
    ? await Promise.all([films, opaque, refresh_token].map(async token => (await post('introspect', { token })).active))
    : []
  return [
    (await fetch(`${at}/films/v1/`, authorization(films))).status,
    (await fetch(`${at}/oauth2/userinfo`, authorization(opaque))).status,
    error ?? 'refreshed',
    ...introspected,
  ].join(' ')
}

const ALIVE = '200 200 refreshed true true true'
const DEAD = '401 401 invalid_grant false false false'

t.test('lists of sessions say which application one belongs to, and what it may do', async t => {
  const { own, session } = await connected()
  const application = { client_id: news.id, name: 'Holonet News', scopes: ['openid', 'offline_access', 'films:read'] }
  t.match(session, { application, current: false })
  const byAdmin = await call(app, 'GET', `/users/v1/${own.user_id}/sessions`, { token: admin.token })
  const listed = byAdmin.json<{ results: { id: string; application: unknown }[] }>().results
  t.match(
    listed.find(({ id }) => id === session.id),
    { application },
  )
  t.equal(listed.filter(entry => entry.application === null).length, 2, 'own logins have none')
  const exported = (await call(app, 'GET', `/users/v1/${own.user_id}/export`, { token: own.token })).json()
  t.match(exported.sessions, [{ application: null }, { id: session.id, application }, { application: null }])
})

t.test('an application that was removed leaves its id in the export, and no name', async t => {
  const gone = await application(app, metadata)
  const { own, session } = await connected(gone)
  await call(app, 'DELETE', `/oauth2/clients/${gone.id}`, { token: admin.token })
  const left = async () => {
    const exported = (await call(app, 'GET', `/users/v1/${own.user_id}/export`, { token: own.token })).json()
    return exported.sessions.find(({ id }: { id: string }) => id === session.id).application
  }
  // What was granted is deleted after the answer.
  await until(async () => (await left()).scopes.length === 0)
  t.same(await left(), { client_id: gone.id, name: null, scopes: [] })
})

t.test('the account’s page of devices names the application, and ends its access', async t => {
  const { user, session, ...tokens } = await connected()
  const console = await signedInBrowser(app, user)
  const page = (await console.open('/account/devices')).body
  t.match(page, '<bdi>Holonet News</bdi>')
  t.match(page, 'End access')
  t.match(page, /It can:\s+know who you are · keep access while you are not there · read the films/)
  const ended = await console.submit(`/account/devices/${session.id}/end`)
  t.match((await console.open(ended.headers.location ?? '')).body, 'The application is signed out')
  t.equal(await worth(issuer, news, tokens), DEAD)
})

t.test('the administration names the application, and ends its access', async t => {
  const { own, session, ...tokens } = await connected()
  const console = await administratorsBrowser(app)
  const path = `/admin/users/${own.user_id}`
  const { body } = await console.open(path)
  t.match(body, '<bdi>Holonet News</bdi>')
  t.match(body, news.id)
  const question = await console.open(`${path}/sessions/${session.id}/end`)
  t.match(question.body, 'End the access of this application?')
  t.match(question.body, 'Holonet News')
  const ended = await console.submit(`${path}/sessions/${session.id}/end`)
  t.match((await console.open(ended.headers.location ?? '')).body, 'The application no longer has access.')
  t.equal(await worth(issuer, news, tokens), DEAD)
})

const WAYS: Record<string, (of: Awaited<ReturnType<typeof connected>>) => Promise<unknown>> = {
  'the person ends it in the list': ({ own, session }) =>
    call(app, 'DELETE', `/users/v1/sessions/${session.id}`, { token: own.token }),
  'the person ends all others': ({ own }) => call(app, 'DELETE', '/users/v1/sessions', { token: own.token }),
  'the password is changed': ({ own }) => {
    const payload = { old_password: PASSWORD, new_password: 'Coruscant1999' }
    return call(app, 'PUT', '/users/v1/password', { token: own.token, payload })
  },
  'an administrator ends it': ({ own, session }) =>
    call(app, 'DELETE', `/users/v1/${own.user_id}/sessions/${session.id}`, { token: admin.token }),
  'an administrator signs the person out everywhere': ({ own }) =>
    call(app, 'DELETE', `/users/v1/${own.user_id}/sessions`, { token: admin.token }),
  'the account is disabled': ({ own }) =>
    call(app, 'PATCH', `/users/v1/${own.user_id}`, { token: admin.token, payload: { disabled: true } }),
  'the account is deleted': ({ own }) => call(app, 'DELETE', `/users/v1/${own.user_id}`, { token: admin.token }),
  'the application revokes its refresh token': ({ refresh_token }) =>
    openid.tokenRevocation(news.configuration, refresh_token).then(() => ({ statusCode: 200 })),
}

for (const [way, end] of Object.entries(WAYS))
  t.test(
    `every token of the application is dead at once, on every instance, and it is told within a second, when ${way}`,
    async t => {
      const tokens = await connected()
      for (const instance of INSTANCES) t.equal(await worth(instance, news, tokens), ALIVE)
      t.match(await end(tokens), { statusCode: 200 })
      t.match(await receiver.of(tokens.session.id), { aud: news.id, sub: String(tokens.own.user_id) })
      t.equal(await worth(issuer, news, tokens), DEAD)
      await until(async () => (await worth(elsewhere, news, tokens)) === DEAD, 3000)
      t.equal(receiver.told.filter(({ sid }) => sid === tokens.session.id).length, 1)
    },
  )

t.test('tokens of an application that is removed are dead at once, on every instance', async t => {
  const gone = await application(app, metadata)
  const tokens = await connected(gone)
  await call(app, 'DELETE', `/oauth2/clients/${gone.id}`, { token: admin.token })
  await receiver.of(tokens.session.id)
  const NOTHING = '401 401 invalid_client   '
  t.equal(await worth(issuer, gone, tokens), NOTHING)
  await until(async () => (await worth(elsewhere, gone, tokens)) === NOTHING, 3000)
})

t.test('theft: an old refresh token of a public client ends the session, and the thief’s tokens with it', async t => {
  const tokens = await connected(spa)
  const first = await openid.refreshTokenGrant(spa.configuration, tokens.refresh_token)
  await app.db
    .updateTable('oauth_records')
    .set(eb => ({ consumed_at: eb('consumed_at', '-', 3_600_000) }))
    .where('grant_id', '=', tokens.session.id)
    .where('consumed_at', 'is not', null)
    .execute()
  await t.rejects(openid.refreshTokenGrant(spa.configuration, tokens.refresh_token))
  await receiver.of(tokens.session.id)
  const ofThief = { films: first.access_token, opaque: tokens.opaque, refresh_token: first.refresh_token ?? '' }
  t.equal(await worth(issuer, spa, ofThief), '401 401 invalid_grant')
  await until(async () => (await worth(elsewhere, spa, ofThief)) === '401 401 invalid_grant', 3000)
  const events = await app.db
    .selectFrom('audit_events')
    .select('kind')
    .where('session_id', '=', tokens.session.id)
    .execute()
  t.ok(events.some(({ kind }) => kind === 'refresh-token-reused'))
})
