/** The revocation feed: what it sends, to whom, and until when. */
import t from 'tap'
import { call, logIn, REAL } from '../../support/app.ts'
import { application, browser, request, serve, serveAnother } from '../../support/oauth.ts'
import { administratorRequest } from '../../support/oauth-clients.ts'
import { authorize, outcome, post, tokensFor } from '../../support/oauth-requests.ts'
import { feedToken, openFeed, trustedService } from '../../support/revocation-feed.ts'
import { logOut, nextTokens } from '../../support/session.ts'
import { until } from '../../support/until.ts'

const { app, issuer, env } = await serve(t, { REVOCATION_FEED_CONNECTIONS_MAX: '5' })
const service = await trustedService(app)
const token = await feedToken(service)
const ALL = '2147483647'

t.test('it begins with what is revoked already, then sends each change', async t => {
  const before = await logIn(app)
  await logOut(app, before.token)
  const feed = await openFeed(t, issuer, token)
  t.equal(feed.status, 200)
  t.match(feed.headers.get('content-type'), 'text/event-stream')
  t.match(feed.headers.get('cache-control'), 'no-store')
  await feed.current()
  const { time, ...begin } = JSON.parse(feed.events[0]?.data ?? '')
  t.same(begin, { resumed: false, token_lifetime: 900 })
  t.ok(time <= JSON.parse(feed.last('current')?.data ?? '').time, 'by the same clock')
  t.equal(feed.lines().length, app.revocations.size(), 'all of them')
  t.ok(feed.lines().every(line => /^[0-9a-f]{16} \d+$/.test(line)))

  const known = feed.lines().length
  const [out, rotated] = [await logIn(app), await logIn(app)]
  await logOut(app, out.token)
  await nextTokens(app, rotated.refresh_token)
  await until(() => feed.lines().length === known + 2, 1000)
  t.same(
    feed
      .lines()
      .slice(known)
      .map(line => line.split(' ')[1]),
    [ALL, '2'],
  )
})

t.test('heartbeats say that nothing is missing, and how old what they know is', async t => {
  const feed = await openFeed(t, issuer, token)
  await feed.current()
  await until(() => feed.events.filter(({ event }) => event === 'current').length > 1, 5000)
  const { time, staleness } = JSON.parse(feed.last('current')?.data ?? '')
  t.ok(time > 0)
  t.ok(staleness >= 0 && staleness < 10_000)
})

t.test('a reader that comes back continues where it was, with the same process', async t => {
  const first = await openFeed(t, issuer, token)
  const id = (await first.current())?.id
  first.abort.abort()
  await until(() => first.ended)
  const missed = await logIn(app)
  await logOut(app, missed.token)
  const second = await openFeed(t, issuer, token, id)
  await second.current()
  t.match(JSON.parse(second.events[0]?.data ?? ''), { resumed: true })
  t.equal(second.lines().length, 1)
  for (const unknown of ['elsewhere.3', `${id}0000`, 'x', String(id).replace(/\d+$/, '-1')]) {
    const third = await openFeed(t, issuer, token, unknown)
    await third.current()
    t.match(JSON.parse(third.events[0]?.data ?? ''), { resumed: false }, unknown)
    third.abort.abort()
  }
})

t.test('it says when all sessions were revoked', async t => {
  const { app, issuer } = await serve(t)
  const feed = await openFeed(t, issuer, await feedToken(await trustedService(app)))
  await feed.current()
  const notBefore = await app.revocations.revokeAll()
  await until(() => feed.ended, 2000)
  // The reader's own token is among those that were revoked.
  t.same(
    feed.lines().filter(line => line.startsWith('*')),
    [],
  )
  const later = await until(() => Date.now() > notBefore).then(() => trustedService(app))
  const next = await openFeed(t, issuer, await feedToken(later))
  await next.current()
  t.ok(next.lines().includes(`* ${notBefore / 1000}`))
})

t.test('another instance sends the change within milliseconds', { skip: !REAL }, async t => {
  const { token: own } = await logIn(app)
  const { url } = await serveAnother(t, { ...env, REVOCATION_SYNC_SECONDS: '20' })
  const feed = await openFeed(t, url, token)
  await feed.current()
  const known = feed.lines().length
  await logOut(app, own)
  await until(() => feed.lines().length > known, 1000)
  t.match(feed.lines().at(-1), ALL)
})

t.test('threat: somebody without the scope, or who is no application by itself, reads the feed', async t => {
  const statusOf = async (token: string) => (await openFeed(t, issuer, token)).status
  const { token: users } = await logIn(app)
  t.equal(await statusOf(users), 403)
  t.equal(await statusOf(app.tokens.access.sign({ ...app.tokens.access.verify(users), access_role: 'admin' })), 403)
  t.equal(await statusOf('x'), 401)
  const foreign = await trustedService(app, { scope: 'films:read' })
  t.equal(await statusOf(await feedToken(foreign, 'films:read')), 403)
  const both = await trustedService(app, { scope: 'films:read revocations' })
  t.equal(await statusOf(await feedToken(both, 'films:read')), 403)
  t.equal(
    outcome(await post(foreign, 'token', { grant_type: 'client_credentials', scope: 'revocations' })),
    '400 invalid_scope',
  )
})

t.test('threat: a user allows an application to read the feed', async t => {
  const metadata = { redirect_uris: ['https://news.example/callback'], scope: 'openid revocations films:read' }
  await t.rejects(application(app, metadata), { code: 'client-metadata-invalid' })
  const grant_types = ['authorization_code', 'client_credentials'] as ('authorization_code' | 'client_credentials')[]
  const news = await application(app, { ...metadata, grant_types })
  const person = browser(issuer)
  await person.signIn(app)
  const { url } = await request(news, { scope: 'openid revocations' })
  t.match((await authorize(person, url)).toString(), 'error=invalid_scope')
  const delegated = await tokensFor(person, news, { scope: 'openid films:read' })
  t.equal((await openFeed(t, issuer, delegated.access_token)).status, 403)
  const smuggled = app.tokens.application.sign({
    ...app.tokens.application.verify(delegated.access_token),
    scope: 'revocations',
  })
  t.equal((await openFeed(t, issuer, smuggled)).status, 403, 'even with the scope')
  t.equal((await openFeed(t, issuer, await feedToken(news))).status, 200, 'by itself it may')
})

t.test('it ends at once when the access of the application does', async t => {
  const removed = await trustedService(app)
  const feed = await openFeed(t, issuer, await feedToken(removed))
  await feed.current()
  await app.oauthClients.remove(removed.id, await administratorRequest(app))
  await until(() => feed.ended, 1000)
})

t.test('a new secret interrupts no reader, unless the one before is revoked', async t => {
  const rotated = await trustedService(app)
  const administrator = await administratorRequest(app)
  const feed = await openFeed(t, issuer, await feedToken(rotated))
  await feed.current()
  await app.oauthClients.rotateSecret(rotated.id, administrator, { revoke: false })
  // What ends a stream does so before the next event.
  const known = feed.events.length
  await until(() => feed.events.length > known, 5000)
  t.notOk(feed.ended)
  await app.oauthClients.rotateSecret(rotated.id, administrator, { revoke: true })
  await until(() => feed.ended, 1000)
})

t.test('it ends with the token', async t => {
  const { app, issuer } = await serve(t, { ACCESS_TOKEN_TTL_SECONDS: '3' })
  const feed = await openFeed(t, issuer, await feedToken(await trustedService(app)))
  await feed.current()
  t.ok((await until(() => feed.ended, 8000)) < 8000)
})

t.test('the number of readers is bounded, and those who left make room', async t => {
  const count = async () =>
    Number(/^holocron_revocation_feed_readers (\d+)/m.exec((await call(app, 'GET', '/metrics')).body)?.[1])
  await until(async () => (await count()) === 0)
  const feeds = await Promise.all(Array.from({ length: 5 }, () => openFeed(t, issuer, token)))
  t.equal(await count(), 5)
  const refused = await openFeed(t, issuer, token)
  t.equal(refused.status, 503)
  t.ok(Number(refused.headers.get('retry-after')) > 0)
  for (const { abort } of feeds) abort.abort()
  await until(async () => (await count()) === 0)
  t.equal((await openFeed(t, issuer, token)).status, 200)
})

t.test('a process that stops ends it, and does not wait for its readers', async t => {
  const { app, issuer } = await serve(t)
  const feed = await openFeed(t, issuer, await feedToken(await trustedService(app)))
  await feed.current()
  await app.close()
  await until(() => feed.ended, 1000)
})
