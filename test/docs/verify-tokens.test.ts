// docs/verify-tokens.md: its snippets accept what is genuine and refuse what is not, with the algorithms that its table names.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import t from 'tap'
import { type AccessAlgorithm, DERIVED_KEYS } from '../../plugins/keys/derived-keys.ts'
import { build, logIn, REAL, type Test } from '../support/app.ts'
import { installClients } from '../support/clients.ts'
import { freePort } from '../support/free-port.ts'
import { derivedKey, hmac, partsOf, token, unsigned } from '../support/jwt/forge.ts'
import { judge, pythonWithJwt, snippets, table } from '../support/snippets.ts'

const ALGORITHMS = Object.keys(DERIVED_KEYS) as AccessAlgorithm[]
const skip = REAL && 'tokens do not depend on the profile'
const python = await pythonWithJwt()

const stranger: Record<AccessAlgorithm, () => KeyObject> = {
  EdDSA: () => generateKeyPairSync('ed25519').privateKey,
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
}

const signer = (alg: AccessAlgorithm, key: KeyObject) => (input: string) =>
  sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')

/** A service that listens where its tokens say, and tokens of which only one is to be accepted. */
async function service(t: Test, alg: AccessAlgorithm) {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const app = await build(t, { PUBLIC_URL: issuer, ACCESS_TOKEN_ALGORITHM: alg })
  await app.listen({ host: '127.0.0.1', port })
  const session = await logIn(app)
  const { header, claims } = partsOf('access', session.token)
  const own = signer(alg, await DERIVED_KEYS[alg].keyFrom(derivedKey(DERIVED_KEYS[alg].purpose)))
  const [jwk] = (await app.tokens.jwks()).keys
  const long = 3600
  const tokens = {
    genuine: session.token,
    'signed like the service': token({ header, claims, sign: own }),
    expired: token({
      header,
      claims: { ...claims, iat: Number(claims.iat) - long, exp: Number(claims.exp) - long },
      sign: own,
    }),
    'for another audience': token({ header, claims: { ...claims, aud: 'elsewhere' }, sign: own }),
    'of another issuer': token({ header, claims: { ...claims, iss: 'http://elsewhere.test' }, sign: own }),
    'alg none': token({ header: { ...header, alg: 'none' }, claims, sign: unsigned }),
    'alg none with a signature': token({ header: { ...header, alg: 'none' }, claims, sign: own }),
    'HS256 keyed with the public key': token({
      header: { ...header, alg: 'HS256' },
      claims,
      sign: hmac(JSON.stringify(jwk)),
    }),
    "signed by a stranger's key": token({ header, claims, sign: signer(alg, stranger[alg]()) }),
    'with other claims under the signature': session.token.replace(
      /\.[^.]+\./,
      `.${segmentOf({ ...claims, access_role: 'admin' })}.`,
    ),
    'a refresh token': session.refresh_token,
    'no token': 'x',
  }
  return { issuer, tokens }
}

const segmentOf = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')

t.test('each row of the table that is a library has a snippet', { skip }, async t => {
  const names = (await snippets()).map(({ name }) => name)
  t.ok(names.length >= 5)
  t.same(new Set(names).difference(new Set((await table()).keys())), new Set())
})

for (const algorithm of ALGORITHMS) {
  t.test(`verifiers of ${algorithm}`, { skip }, async t => {
    await installClients()
    const known = await table()
    const { issuer, tokens } = await service(t, algorithm)
    for (const snippet of await snippets()) {
      const without =
        snippet.language === 'python' &&
        !python &&
        process.env.CI !== 'true' &&
        'no python3 has PyJWT and cryptography (Debian: python3-jwt, python3-cryptography)'
      t.test(snippet.name, { skip: without }, async t => {
        const {
          genuine,
          'signed like the service': like,
          ...others
        } = await judge(t, snippet, { issuer, algorithm, python }, tokens)
        const expected = known.get(snippet.name)?.includes(algorithm) ? /^accepted$/ : /^refused/
        t.match(genuine, expected, 'a genuine token')
        t.match(like, expected, 'one that is made with the same key')
        for (const [name, outcome] of Object.entries(others)) t.match(outcome, /^refused/, name)
      })
    }
  })
}
