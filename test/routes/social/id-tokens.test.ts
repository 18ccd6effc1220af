// What an ID token must be for somebody to be logged in by it (OpenID Connect Core §3.1.3.7, RFC 8725), by a redirect and when an application posts it.
import t from 'tap'
import { build, call } from '../../support/app.ts'
import { parse, signed, signingKey } from '../../support/providers/id-token.ts'
import { LUKE } from '../../support/providers/openid.ts'
import { Browser, gained, NOTHING, withAll, withCorp } from '../../support/social.ts'
import { until } from '../../support/until.ts'

const post = (app: Awaited<ReturnType<typeof build>>, id_token: string, nonce = 'the-nonce', provider = 'corp') =>
  call(app, 'POST', `/social/v1/${provider}`, { payload: { id_token, nonce } })

t.test('an ID token that is posted logs in once, on whichever instance', async t => {
  const { app, corp, env } = await withCorp(t)
  const other = await build(t, env)
  const token = corp.issue({ nonce: 'the-nonce' })
  t.equal((await post(app, token)).statusCode, 200)
  const before = await gained(app)
  for (const instance of [app, other]) {
    const replay = await post(instance, token)
    t.ok(replay.statusCode >= 400 && replay.statusCode < 500, 'threat: an ID token is replayed')
  }
  // Another signature over the same claims is another text, but the same login.
  const { header, claims } = parse(token)
  t.not((await post(other, signed({ header: { ...header, x: 1 }, claims }, corp.key))).statusCode, 200)
  t.same(await gained(app), before)
})

t.test('threat: an ID token of the future, or for years', async t => {
  const { app, corp } = await withCorp(t)
  const now = Math.floor(Date.now() / 1000)
  const variants = [{ exp: 1e17 }, { exp: 1e300 }, { exp: now + 365 * 86_400 }, { iat: now + 86_400 }]
  for (const claims of variants) {
    const { statusCode } = await post(app, corp.issue({ nonce: 'the-nonce', ...claims }))
    t.equal(statusCode, 400, JSON.stringify(claims))
  }
  t.same(await gained(app), NOTHING)
})

t.test('threat: twenty at once replay an ID token, on two instances', async t => {
  const { app, corp, env } = await withCorp(t)
  const other = await build(t, env)
  const token = corp.issue({ nonce: 'the-nonce' })
  const responses = await Promise.all(Array.from({ length: 20 }, (_, i) => post(i % 2 ? app : other, token)))
  t.equal(responses.filter(({ statusCode }) => statusCode === 200).length, 1)
  t.match(await gained(app), { users: 1, sessions: 1, logins: 1 })
})

t.test("threat: an ID token of one provider is posted as another's", async t => {
  const { app, google, corp } = await withAll(t)
  for (const [provider, server] of [
    ['google', corp],
    ['corp', google],
  ] as const) {
    const { statusCode } = await post(app, server.issue({ nonce: 'the-nonce' }), 'the-nonce', provider)
    t.ok(statusCode >= 400 && statusCode < 500, provider)
  }
  t.same(await gained(app), NOTHING)
})

t.test('threat: LinkedIn’s ID tokens have no nonce, so one that is posted proves nothing', async t => {
  const { app, linkedin } = await withAll(t)
  const { statusCode } = await post(app, linkedin.issue(), 'the-nonce', 'linkedin')
  t.ok(statusCode >= 400 && statusCode < 500, String(statusCode))
  t.same(await gained(app), NOTHING)
})

t.test("Google's issuer may be spelled without a scheme, but not otherwise", async t => {
  const { app, google } = await withAll(t)
  const issued = (iss: string, i: number) => google.issue({ iss, azp: google.clientId, nonce: `nonce-${i}` })
  const bare = google.issuer.replace('http://', '')
  const spellings = [google.issuer, bare]
  for (const [i, iss] of spellings.entries())
    t.equal((await post(app, issued(iss, i), `nonce-${i}`, 'google')).statusCode, 200, iss)
  t.match(await gained(app), { users: 1, logins: 1 }, 'both are the same person')
})

t.test('threat: userinfo speaks of somebody else than the ID token', async t => {
  const { app, corp } = await withCorp(t, {
    // Without claims about the person, so that userinfo is asked.
    idToken: ({ header, claims: { email: _email, email_verified: _verified, name: _name, ...rest } }) => ({
      header,
      claims: rest,
    }),
    userinfo: found => ({ ...found, sub: 'leia-0002', email: 'leia@alderaan.example', email_verified: true }),
  })
  const browser = new Browser(app)
  await browser.logIn('corp')
  const stolen = await app.db
    .selectFrom('users')
    .select('id')
    .where('email', '=', 'leia@alderaan.example')
    .executeTakeFirst()
  t.equal(stolen, undefined)
  t.equal(await browser.user(), undefined)
  t.ok(corp.people.has(LUKE))
})

t.test('keys that are rotated during a login are fetched again, at most once a second', async t => {
  const { app, corp } = await withCorp(t)
  t.equal((await new Browser(app).logIn('corp')).statusCode, 303)
  await until(async () => {
    const browser = new Browser(app)
    const callback = await browser.callback('corp')
    await corp.rotateKeys()
    return (await browser.open(callback)).statusCode === 303
  })
  t.pass('a login with a new key succeeds')
})

t.test('threat: unknown key ids do not make the service fetch keys for each', async t => {
  const { app, corp } = await withCorp(t)
  t.equal((await new Browser(app).logIn('corp')).statusCode, 303)
  const key = signingKey()
  const before = corp.counterpart.count('/jwks')
  const startedAt = performance.now()
  for (let i = 0; i < 40; i++) {
    const { header, claims } = parse(corp.issue({ nonce: `n-${i}` }))
    await post(app, signed({ header: { ...header, kid: `unknown-${i}` }, claims }, key), `n-${i}`)
  }
  const seconds = (performance.now() - startedAt) / 1000
  t.ok(corp.counterpart.count('/jwks') - before <= Math.ceil(seconds) + 1, 'at most one a second')
})
