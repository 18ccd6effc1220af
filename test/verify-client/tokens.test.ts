/** Which tokens another service accepts (RFC 8725, RFC 9068), and what they open there. */
import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { createVerifier } from '../../clients/verify/src/index.ts'
import { build, logIn, REAL, SECRET } from '../support/app.ts'
import { accessPublicKey, ed25519, hmac, partsOf, token as sign, unsigned, without } from '../support/jwt/forge.ts'
import { serve } from '../support/oauth.ts'
import { feedToken, trustedService } from '../support/revocation-feed.ts'
import { until } from '../support/until.ts'
import { optionsFor, verdict, verifierFor } from '../support/verify-client.ts'

if (REAL) t.pass('tokens do not depend on the profile')
else await run()

async function run(): Promise<void> {
  const RESOURCE = 'https://archive.example'
  const { app } = await serve(t, { OAUTH_RESOURCES: JSON.stringify({ [RESOURCE]: 'archive:read' }) })
  const verifier = await verifierFor(t, app)
  const session = await logIn(app)
  const { header, claims, sign: own } = partsOf('access', session.token)
  const now = Math.floor(Date.now() / 1000)
  const claiming = (changed: object) => sign({ header, claims: { ...claims, ...changed }, sign: own })
  const headed = (changed: object, by = own) => sign({ header: { ...header, ...changed }, claims, sign: by })
  const stranger = ed25519(generateKeyPairSync('ed25519').privateKey)

  t.test('a genuine token is accepted, whoever the case of the scheme pleases', async t => {
    const { user_id, sid } = await verifier.verify(`bEARER ${session.token}`)
    t.equal(user_id, session.user_id)
    t.equal(sid, claims.sid)
    t.throws(() => Object.assign(verifier.verifyCached(`bEARER ${session.token}`) ?? {}, { user_id: 1 }), TypeError)
  })

  const FORGERIES: Record<string, string> = {
    'signed by a stranger': sign({ header, claims, sign: stranger }),
    'with alg none': headed({ alg: 'none' }, unsigned),
    'with alg none and a signature': headed({ alg: 'none' }),
    'HS256 by the public key': headed(
      { alg: 'HS256' },
      hmac(accessPublicKey().export({ type: 'spki', format: 'pem' }) as string),
    ),
    'of another type': headed({ typ: 'JWT' }),
    'without a type': sign({ header: without(header, 'typ'), claims, sign: own }),
    'of a logout token': headed({ typ: 'logout+jwt' }),
    'without a key id': sign({ header: without(header, 'kid'), claims, sign: own }),
    'with an unknown key id': headed({ kid: 'x' }),
    'with an extension that must be understood': headed({ crit: ['x'], x: 1 }),
    'for somebody else': claiming({ aud: 'https://elsewhere.example' }),
    'of another issuer': claiming({ iss: 'https://elsewhere.example' }),
    'not valid yet': claiming({ nbf: now + 600 }),
    'bound to a key': claiming({ cnf: { jkt: 'x' } }),
    'without a session': sign({ header, claims: without(claims, 'sid'), sign: own }),
    'without a generation': sign({ header, claims: without(claims, 'gen'), sign: own }),
    'with a text for a generation': claiming({ gen: '9' }),
    'without an end': sign({ header, claims: without(claims, 'exp'), sign: own }),
    altered: session.token.replace(
      /\.[^.]+\./,
      `.${Buffer.from(JSON.stringify({ ...claims, access_role: 'admin' })).toString('base64url')}.`,
    ),
    'a refresh token': session.refresh_token,
    'no token': 'x',
    'nearly one': 'x.y.z',
    empty: '',
    enormous: 'x'.repeat(100_000),
  }
  for (const [name, forged] of Object.entries(FORGERIES))
    t.test(`threat: a token ${name}`, async t => t.equal(await verdict(verifier, forged), '401 token-invalid'))

  t.test('expired tokens are refused, also those that are known', async t => {
    t.equal(await verdict(verifier, claiming({ iat: now - 1000, exp: now - 60 })), '401 token-expired')
    t.equal(await verdict(verifier, claiming({ exp: now - 2 })), 'accepted', 'clocks differ a little')
    t.equal(
      await verdict(verifier, claiming({ iat: now - 1800, exp: now + 600 })),
      '401 token-expired',
      'older than any',
    )
    const ending = claiming({ exp: now - 3 })
    t.equal(await verdict(verifier, ending), 'accepted')
    await new Promise(resolve => setTimeout(resolve, Math.max(0, (now + 2) * 1000 - Date.now()) + 50))
    t.equal(await verdict(verifier, ending), '401 token-expired')
  })

  for (const ACCESS_TOKEN_ALGORITHM of ['ES256', 'RS256'])
    t.test(`tokens that are signed by ${ACCESS_TOKEN_ALGORITHM}`, async t => {
      const { app } = await serve(t, { ACCESS_TOKEN_ALGORITHM })
      const { token } = await logIn(app)
      t.equal(await verdict(await verifierFor(t, app), token), 'accepted')
      t.equal(await verdict(await verifierFor(t, app, { algorithms: ['EdDSA'] }), token), '401 token-invalid')
    })

  t.test('no token, and another scheme', async t => {
    const refused = (header: string | undefined) => verifier.verify(header).catch(error => error)
    t.match(await refused(undefined), { statusCode: 401, code: 'authorisation-required' })
    t.match(await refused(undefined), { headers: { 'www-authenticate': 'Bearer' } })
    t.match(await refused('Basic eDp5'), { statusCode: 401, code: 'token-invalid' })
    t.match(await refused(`DPoP ${session.token}`), { statusCode: 401 })
  })

  t.test('an application needs scopes, and a route that names none is not for it', async t => {
    const byItself = await trustedService(app, { scope: 'archive:read' })
    const token = await feedToken(byItself, 'archive:read')
    t.equal(await verdict(verifier, token), '401 token-invalid', 'for another audience')
    const taking = await verifierFor(t, app, { audience: ['holocron:access', RESOURCE] })
    t.equal(await verdict(taking, token), '403 insufficient-scope')
    t.equal(await verdict(taking, token, { scopes: ['archive:read'] }), '403 insufficient-scope', 'no user')
    t.equal(await verdict(taking, token, { scopes: ['archive:read'], withoutUser: true }), 'accepted')
    const both = { scopes: ['archive:read', 'archive:write'], withoutUser: true }
    t.equal(await verdict(taking, token, both), '403 insufficient-scope')
    t.equal(await verdict(taking, session.token, { scopes: ['archive:read'] }), 'accepted', 'a user may what they may')
    t.equal(await verdict(taking, session.token, { role: 'admin' }), '403 forbidden')
  })

  t.test('a new key is fetched when a token names it, and the old one stays valid', async t => {
    const { app: before, env } = await serve(t)
    const verifier = await verifierFor(t, before)
    const old = await logIn(before)
    t.equal(await verdict(verifier, old.token), 'accepted')
    const { port } = new URL(before.listeningOrigin)
    await before.close()
    const after = await build(t, { ...env, SECRET: `another-${SECRET},${SECRET}` })
    await after.listen({ host: '127.0.0.1', port: Number(port) })
    const fresh = await logIn(after)
    // Keys are fetched again five seconds after they were, at the earliest.
    await until(async () => (await verdict(verifier, fresh.token)) === 'accepted')
    t.equal(await verdict(verifier, old.token), 'accepted')
    t.equal(await verdict(verifier, sign({ header, claims, sign: own })), '401 token-invalid', 'of another issuer')
  })

  t.test('limits are numbers, and not without a limit themselves', async t => {
    const options = await optionsFor(app)
    for (const value of [-1, 3601, Infinity, Number.NaN]) {
      t.throws(() => createVerifier({ ...options, clockToleranceSeconds: value }), RangeError)
      t.throws(() => createVerifier({ ...options, maxStalenessSeconds: value }), RangeError)
    }
    t.throws(() => createVerifier({ ...options, clockToleranceSeconds: 61 }), RangeError)
  })

  for (const name of ['issuer', 'clientId', 'clientSecret'] as const)
    t.test(`threat: a service starts without ${name}, whose variable is not set`, async t => {
      const options = await optionsFor(app)
      for (const value of [undefined, ''])
        t.throws(() => createVerifier({ ...options, [name]: value }), new TypeError(`${name} is missing`))
    })
}
