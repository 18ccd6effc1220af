// What an ID token must be for somebody to be logged in by it (OpenID Connect Core §3.1.3.7, RFC 8725), from the token endpoint and from an application.
import { createPublicKey, randomBytes } from 'node:crypto'
import t from 'tap'
import { createFlows } from '../../../../plugins/auth/social/flows.ts'
import { build, environment, type Test } from '../../../support/app.ts'
import {
  type IdToken,
  type SigningKey,
  signed,
  signedWithText,
  signingKey,
  unsigned,
} from '../../../support/providers/id-token.ts'
import { LUKE, type OpenidOptions, startOpenid } from '../../../support/providers/openid.ts'
import { visit } from '../../../support/providers/visit.ts'
import { callbackOf, settingsOf } from '../../../support/social.ts'

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

async function setUp(t: Test, options: Partial<OpenidOptions> = {}) {
  const corp = await startOpenid(t, { redirectUris: [callbackOf('corp')], ...options })
  const app = await build(t, await environment(t, settingsOf({ corp })))
  const protocol = await app.social.protocolOf('corp')
  const flow = createFlows([randomBytes(32)]).start({
    provider: 'corp',
    purpose: 'login',
    redirectUri: callbackOf('corp'),
  })
  const byRedirect = async () => protocol.byCallback(await visit(String(await protocol.authorizeUrl(flow))), flow)
  return { corp, flow, byRedirect, byIdToken: async (token: string) => protocol.byIdToken?.(token, 'the-nonce') }
}

t.test('a genuine ID token says who somebody is', async t => {
  const { corp, byRedirect, byIdToken } = await setUp(t)
  const identity = { issuer: corp.issuer, subject: LUKE, email: 'luke@alderaan.example', emailVerified: true }
  t.match((await byRedirect()).identity, identity)
  t.match((await byIdToken(corp.issue({ nonce: 'the-nonce' })))?.identity, identity)
})

const REFUSED = { code: 'provider-response-invalid' }

for (const [what, forge] of Object.entries(FORGERIES))
  t.test(`threat: an ID token with ${what}`, async t => {
    const { corp, byRedirect, byIdToken } = await setUp(t, { idToken: forge })
    await t.rejects(byRedirect(), REFUSED, 'by a redirect')
    await t.rejects(byIdToken(corp.issue({ nonce: 'the-nonce' })), REFUSED, 'from an application')
  })

t.test('threat: userinfo speaks of somebody else than the ID token', async t => {
  const { byRedirect } = await setUp(t, {
    idToken: ({ header, claims: { email: _email, email_verified: _verified, ...rest } }) => ({ header, claims: rest }),
    userinfo: found => ({ ...found, sub: 'leia-0002', email: 'leia@alderaan.example', email_verified: true }),
  })
  await t.rejects(byRedirect(), REFUSED)
})

t.test('threat: an ID token verifies no address, and userinfo names one that is not verified', async t => {
  const { byRedirect } = await setUp(t, {
    idToken: ({ header, claims: { email: _email, ...rest } }) => ({ header, claims: rest }),
    userinfo: found => ({ ...found, email: 'leia@alderaan.example', email_verified: undefined }),
  })
  t.match((await byRedirect()).identity, { email: 'leia@alderaan.example', emailVerified: false })
})
