// What an ID token must be for somebody to be logged in by it (OpenID Connect Core §3.1.3.7, RFC 8725), by a redirect and when an application posts it.
import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { build, call } from '../../support/app.ts'
import {
  type IdToken,
  parse,
  type SigningKey,
  signed,
  signedWithText,
  signingKey,
  unsigned,
} from '../../support/providers/id-token.ts'
import { LUKE } from '../../support/providers/openid.ts'
import { Browser, gained, NOTHING, withAll, withCorp } from '../../support/social.ts'

type Forge = (token: IdToken, key: SigningKey) => IdToken | string

const claims =
  (change: Record<string, unknown>): Forge =>
  token => ({ ...token, claims: { ...token.claims, ...change } })

const without =
  (name: string): Forge =>
  ({ header, claims: { [name]: _gone, ...rest } }) => ({ header, claims: rest })

const pem = ({ privateKey }: SigningKey) => String(createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }))
const HOUR = 3600
const now = () => Math.floor(Date.now() / 1000)

const FORGERIES: Record<string, Forge> = {
  'a wrong nonce': claims({ nonce: 'of-another-login' }),
  'no nonce': without('nonce'),
  'a nonce that is a list': token => claims({ nonce: [token.claims.nonce] })(token, signingKey()),
  'another issuer': claims({ iss: 'https://evil.test' }),
  'the issuer with a path': token => claims({ iss: `${token.claims.iss}/` })(token, signingKey()),
  'no issuer': without('iss'),
  "another client's audience": claims({ aud: 'another-client' }),
  'no audience': without('aud'),
  'audiences of which one is ours, and no authorized party': claims({ aud: ['holocron', 'another-client'] }),
  'another authorized party': claims({ azp: 'another-client' }),
  'no expiry': without('exp'),
  'an expiry in the past': claims({ exp: now() - HOUR, iat: now() - 2 * HOUR }),
  'an expiry that is text': claims({ exp: String(now() + HOUR) }),
  'no subject': without('sub'),
  'an empty subject': claims({ sub: '' }),
  'a subject that is a number': claims({ sub: 1 }),
  'a subject that is a list': claims({ sub: [LUKE] }),
  'no signature': token => unsigned(token),
  'no signature, spelled NONE': token => unsigned(token, 'NONE'),
  'HS256 with the public key': (token, key) => signedWithText(token, pem(key)),
  'HS256 with the client secret': token => signedWithText(token, 'not-a-secret-that-anybody-should-log'),
  'HS256 with an empty key': token => signedWithText(token, ''),
  "an attacker's key under the provider's id": token => signed(token, signingKey()),
  "an attacker's key in the header": token => {
    const key = signingKey()
    return signed({ ...token, header: { ...token.header, jwk: key.published, kid: key.kid } }, key)
  },
  'a changed payload': (token, key) => {
    const [header, , signature] = signed(token, key).split('.')
    const [, payload] = unsigned(claims({ sub: 'somebody-else' })(token, key) as IdToken).split('.')
    return `${header}.${payload}.${signature}`
  },
  'an unknown critical header': (token, key) => signed({ ...token, header: { ...token.header, crit: ['evil'] } }, key),
  'two segments': token => unsigned(token).split('.').slice(0, 2).join('.'),
  'text that is no token': () => 'not-a-token',
}

for (const [what, idToken] of Object.entries(FORGERIES))
  t.test(`threat: an ID token with ${what}`, async t => {
    let forge: Forge = token => token
    const { app, corp } = await withCorp(t, { idToken: (token, key) => forge(token, key) })
    forge = idToken
    const browser = new Browser(app)
    const response = await browser.logIn('corp')
    t.ok(response.statusCode >= 400 && response.statusCode < 500, `by a redirect: ${response.statusCode}`)
    const posted = await post(app, corp.issue({ nonce: 'the-nonce' }))
    t.ok(posted.statusCode >= 400 && posted.statusCode < 500, `posted: ${posted.statusCode}`)
    t.equal(await browser.user(), undefined)
    t.same(await gained(app), NOTHING)
  })

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

t.test('keys that are rotated during a login are fetched again', async t => {
  const { app, corp } = await withCorp(t)
  t.equal((await new Browser(app).logIn('corp')).statusCode, 303)
  const browser = new Browser(app)
  const callback = await browser.callback('corp')
  await corp.rotateKeys()
  t.equal((await browser.open(callback)).statusCode, 303)
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
