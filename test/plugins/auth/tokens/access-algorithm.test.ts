// ACCESS_TOKEN_ALGORITHM: access tokens for verifiers without EdDSA, by keys that every process derives from SECRET.
import { constants, createPublicKey, type KeyObject, sign, verify, type webcrypto } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { withLowerS } from '../../../../plugins/auth/tokens/canonical.ts'
import { type AccessAlgorithm, DERIVED_KEYS } from '../../../../plugins/keys/derived-keys.ts'
import { build, call, codeOf, environment, type LoggedIn, logIn, SECRET, type Test } from '../../../support/app.ts'
import { derivedKey, hmac, type Parts, partsOf, type Signer, token, unsigned } from '../../../support/jwt/forge.ts'

interface Jwk extends webcrypto.JsonWebKey {
  kid: string
  alg: AccessAlgorithm
}

const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'] as const
const NEW_SECRET = 'another-horse-another-staple-4567'

const optionsOf = (key: KeyObject) => ({ key, dsaEncoding: 'ieee-p1363' as const })
const hashOf = (alg: string) => (alg === 'EdDSA' ? null : 'sha256')

/** The key that the service derives, and a signer with it. */
async function keyOf(alg: AccessAlgorithm, secret = SECRET): Promise<KeyObject> {
  const { purpose, keyFrom } = DERIVED_KEYS[alg]
  return keyFrom(derivedKey(purpose, secret))
}
const signer =
  (alg: AccessAlgorithm, key: KeyObject): Signer =>
  input => {
    const signature = sign(hashOf(alg), Buffer.from(input), optionsOf(key))
    return (alg === 'ES256' ? withLowerS(signature) : signature).toString('base64url')
  }

const jwks = async (app: FastifyInstance) =>
  (await call(app, 'GET', '/.well-known/jwks.json')).json<{ keys: Jwk[] }>().keys
const films = (app: FastifyInstance, token: string) => call(app, 'GET', '/films/v1/', { token })
const rotate = (app: FastifyInstance, token: string) => call(app, 'POST', '/users/v1/generate_tokens', { token })
const headerOf = ({ token }: LoggedIn) => partsOf('access', token).header as { alg: string; kid: string }

for (const alg of ALGORITHMS) {
  t.test(`an access token signed with ${alg} passes here, and by the JWKS elsewhere`, async t => {
    const app = await build(t, { ACCESS_TOKEN_ALGORITHM: alg })
    const session = await logIn(app)
    t.equal((await films(app, session.token)).statusCode, 200)
    const header = headerOf(session)
    t.match(header, { alg, typ: 'at+jwt' })
    const [jwk] = await jwks(app)
    t.match(jwk, { kid: header.kid, alg, use: 'sig' }, 'the signing key comes first')
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) t.notOk(Object.hasOwn(jwk ?? {}, member), member)
    const [head, payload, signature = ''] = session.token.split('.')
    const key = createPublicKey({ key: jwk as Jwk, format: 'jwk' })
    const input = Buffer.from(`${head}.${payload}`)
    t.ok(verify(hashOf(alg), input, optionsOf(key), Buffer.from(signature, 'base64url')))
    const refresh = partsOf('refresh', session.refresh_token).header
    t.equal(refresh.alg, 'HS256', 'refresh tokens stay what they are')
  })
}

// RFC 8725 §2.1 and §3.1. All three keys are listed, so each verifies something: but only by its own algorithm.
t.test('threat: with several algorithms, the key of one passes for that of another', async t => {
  const app = await build(t, { ACCESS_TOKEN_ALGORITHM: 'RS256,ES256,EdDSA' })
  const session = await logIn(app)
  const { header, claims } = partsOf('access', session.token)
  const keys = await jwks(app)
  const refused = async (name: string, parts: Parts) =>
    t.equal(codeOf(await films(app, token(parts))), 'token-invalid', name)

  for (const { kid, alg } of keys) {
    const genuine = { header: { ...header, kid, alg }, claims, sign: signer(alg, await keyOf(alg)) }
    t.equal((await films(app, token(genuine))).statusCode, 200, `the forger's ${alg} key is the service's`)
    const publicKey = createPublicKey(await keyOf(alg))
    const spki = {
      pem: publicKey.export({ type: 'spki', format: 'pem' }),
      der: publicKey.export({ type: 'spki', format: 'der' }),
    }
    for (const [form, key] of Object.entries(spki))
      await refused(`HS256 keyed with the ${alg} key as ${form}`, {
        ...genuine,
        header: { ...header, kid, alg: 'HS256' },
        sign: hmac(key),
      })
    for (const none of ['none', 'None', ''])
      await refused(`"${none}" with the kid of ${alg}`, {
        ...genuine,
        header: { ...header, kid, alg: none },
        sign: unsigned,
      })
    for (const size of [0, 64, 256])
      await refused(`${size} zeros for ${alg}`, { ...genuine, sign: () => Buffer.alloc(size).toString('base64url') })
    for (const other of ALGORITHMS.filter(each => each !== alg)) {
      const sign = signer(other, await keyOf(other))
      await refused(`${other} with the kid of ${alg}`, { header: { ...header, kid, alg: other }, claims, sign })
      await refused(`${other}, said to be ${alg}`, { header: { ...header, kid, alg }, claims, sign })
    }
  }
  const kidOf = (alg: string) => keys.find(key => key.alg === alg)?.kid
  const [rsa, p256] = [await keyOf('RS256'), await keyOf('ES256')]
  await refused('PS256 with the RSA key', {
    header: { ...header, kid: kidOf('RS256'), alg: 'PS256' },
    claims,
    sign: input =>
      sign('sha256', Buffer.from(input), { key: rsa, padding: constants.RSA_PKCS1_PSS_PADDING }).toString('base64url'),
  })
  await refused('RS512 with the RSA key', {
    header: { ...header, kid: kidOf('RS256'), alg: 'RS512' },
    claims,
    sign: input => sign('sha512', Buffer.from(input), rsa).toString('base64url'),
  })
  await refused('ES256 as DER instead of two numbers', {
    header: { ...header, kid: kidOf('ES256'), alg: 'ES256' },
    claims,
    sign: input => sign('sha256', Buffer.from(input), p256).toString('base64url'),
  })
  t.equal((await films(app, session.token)).statusCode, 200)
})

/** One service under several settings, one after the other, as an operator would roll them out. */
async function service(t: Test) {
  const env = await environment(t)
  return (ACCESS_TOKEN_ALGORITHM: string, secret = SECRET) =>
    build(t, { ...env, ACCESS_TOKEN_ALGORITHM, SECRET: secret })
}

t.test('moving from EdDSA to another algorithm rejects no token', async t => {
  const under = await service(t)
  const before = await logIn(await under('EdDSA'))
  for (const alg of ['ES256', 'RS256']) {
    const after = await under(alg)
    t.equal((await films(after, before.token)).statusCode, 200, alg)
    t.same((await jwks(after)).map(key => key.alg).slice(0, 2), [alg, 'EdDSA'])
  }
})

t.test(
  'an algorithm that stands second is published and verified before its first use, and after its last',
  async t => {
    const under = await service(t)
    const [preparing, switched] = [await under('RS256,ES256'), await under('ES256, RS256')]
    t.same(
      new Set((await jwks(preparing)).map(({ kid }) => kid)),
      new Set((await jwks(switched)).map(({ kid }) => kid)),
    )
    const early = await logIn(preparing)
    t.equal((await films(switched, early.token)).statusCode, 200)
    const late = (await rotate(switched, early.refresh_token)).json<LoggedIn>()
    t.same([headerOf(early).alg, headerOf(late).alg], ['RS256', 'ES256'])
    t.equal(
      (await films(preparing, late.token)).statusCode,
      200,
      'processes that do not sign with it yet take its tokens',
    )

    const done = await under('EdDSA')
    t.equal(codeOf(await films(done, late.token)), 'token-invalid', 'not once it is no longer listed')
    t.equal((await rotate(done, late.refresh_token)).statusCode, 200, 'refresh tokens do not depend on it')
  },
)

t.test('SECRET="new,old" keeps access tokens of every algorithm valid', async t => {
  for (const alg of ALGORITHMS) {
    const under = await service(t)
    const old = await logIn(await under(alg))
    const overlap = await under(alg, `${NEW_SECRET},${SECRET}`)
    t.equal((await films(overlap, old.token)).statusCode, 200, alg)
    const next = (await rotate(overlap, old.refresh_token)).json<LoggedIn>()
    t.not(headerOf(next).kid, headerOf(old).kid)
    const after = await under(alg, NEW_SECRET)
    t.equal((await films(after, next.token)).statusCode, 200, alg)
    t.equal(codeOf(await films(after, old.token)), 'token-invalid', alg)
  }
})

t.test('two processes that start at once derive the same keys', async t => {
  const env = { ACCESS_TOKEN_ALGORITHM: 'RS256,ES256' }
  const [one, other] = await Promise.all([build(t, env), build(t, env)])
  t.same(await jwks(one), await jwks(other))
})
