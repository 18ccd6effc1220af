// ACCESS_KEY_FILE: access tokens for gateways that know no EdDSA, signed with a key of the operator's.
import { createPublicKey, generateKeyPairSync, type KeyObject, verify, type webcrypto } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import {
  build,
  call,
  codeOf,
  type Environment,
  environment,
  type LoggedIn,
  logIn,
  type Test,
} from '../../../support/app.ts'
import { hmac, partsOf, segment, token } from '../../../support/jwt/forge.ts'

interface Jwk extends webcrypto.JsonWebKey {
  kid: string
  alg: string
}

interface Kind {
  make(): { privateKey: KeyObject; publicKey: KeyObject }
  alg: string
  /** What the JWK shows. */
  members: string[]
  verify(input: Buffer, key: KeyObject, signature: Buffer): boolean
}

const KINDS: Record<string, Kind> = {
  Ed25519: {
    make: () => generateKeyPairSync('ed25519'),
    alg: 'EdDSA',
    members: ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
    verify: (input, key, signature) => verify(null, input, key, signature),
  },
  'P-256': {
    make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    alg: 'ES256',
    members: ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    verify: (input, key, signature) => verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature),
  },
  RSA: {
    make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    alg: 'RS256',
    members: ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    verify: (input, key, signature) => verify('sha256', input, key, signature),
  },
}

/** An environment whose ACCESS_KEY_FILE has this content. */
async function withKeyFile(t: Test, content: string | Buffer): Promise<Environment> {
  const env = await environment(t)
  const ACCESS_KEY_FILE = join(env.DATA_DIR ?? '', 'access.pem')
  await writeFile(ACCESS_KEY_FILE, content)
  return { ...env, ACCESS_KEY_FILE }
}

const pkcs8 = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' })

for (const [name, kind] of Object.entries(KINDS)) {
  t.test(`an access token signed with a key file (${name}) passes here, and by the JWKS elsewhere`, async t => {
    const env = await withKeyFile(t, pkcs8(kind.make().privateKey))
    const app = await build(t, env)
    const session = await logIn(app)
    t.equal((await call(app, 'GET', '/films/v1/', { token: session.token })).statusCode, 200)
    t.equal(
      (await call(app, 'POST', '/users/v1/generate_tokens', { token: session.refresh_token })).statusCode,
      200,
      'refresh tokens stay what they are',
    )

    const [header = '', payload = '', signature = ''] = session.token.split('.')
    const { kid, alg } = JSON.parse(Buffer.from(header, 'base64url').toString())
    t.equal(alg, kind.alg)
    const { keys } = (await call(app, 'GET', '/.well-known/jwks.json')).json<{ keys: Jwk[] }>()
    t.equal(keys[0]?.kid, kid, 'the signing key comes first')
    t.same(Object.keys(keys[0] ?? {}).sort(), kind.members, 'and shows no private member')
    const jwk = createPublicKey({ key: keys[0] as Jwk, format: 'jwk' })
    t.ok(kind.verify(Buffer.from(`${header}.${payload}`), jwk, Buffer.from(signature, 'base64url')))
  })

  t.test(`the public key of a key file (${name}) signs nothing`, async t => {
    const { privateKey, publicKey } = kind.make()
    const app = await build(t, await withKeyFile(t, pkcs8(privateKey)))
    const session = await logIn(app)
    const { header, claims } = partsOf('access', session.token)
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const jwk = JSON.stringify(publicKey.export({ format: 'jwk' }))
    for (const key of [pem, pem.trim(), ` ${pem}`, jwk, publicKey.export({ type: 'spki', format: 'der' })]) {
      const forged = token({ header: { ...header, alg: 'HS256' }, claims, sign: hmac(key) })
      t.equal(codeOf(await call(app, 'GET', '/films/v1/', { token: forged })), 'token-invalid')
    }
    for (const size of [64, 256]) {
      const zeros = `${segment(header)}.${segment(claims)}.${Buffer.alloc(size).toString('base64url')}`
      t.equal(codeOf(await call(app, 'GET', '/films/v1/', { token: zeros })), 'token-invalid', `${size} zeros`)
    }
    t.equal((await call(app, 'GET', '/films/v1/', { token: session.token })).statusCode, 200)
  })
}

t.test('moving to a key file and back logs nobody out: the derived key goes on verifying', async t => {
  const env = await withKeyFile(t, pkcs8(KINDS.RSA?.make().privateKey as KeyObject))
  const { ACCESS_KEY_FILE: _, ...plain } = env
  const before = await build(t, plain)
  const old = await logIn(before)
  const moved = await build(t, env)
  t.equal((await call(moved, 'GET', '/films/v1/', { token: old.token })).statusCode, 200)
  const next = (await call(moved, 'POST', '/users/v1/generate_tokens', { token: old.refresh_token })).json<LoggedIn>()
  const back = await build(t, plain)
  t.equal(codeOf(await call(back, 'GET', '/films/v1/', { token: next.token })), 'token-invalid')
  t.equal(
    (await call(back, 'POST', '/users/v1/generate_tokens', { token: next.refresh_token })).statusCode,
    200,
    'who meets the old key again rotates',
  )
})

t.test('a key in the older forms of PEM is taken too', async t => {
  const ec = KINDS['P-256']?.make().privateKey as KeyObject
  const rsa = KINDS.RSA?.make().privateKey as KeyObject
  for (const pem of [ec.export({ type: 'sec1', format: 'pem' }), rsa.export({ type: 'pkcs1', format: 'pem' })]) {
    const app = await build(t, await withKeyFile(t, pem))
    t.equal((await call(app, 'GET', '/health/live')).statusCode, 200)
  }
})

const BAD: Record<string, () => string | Buffer> = {
  empty: () => '',
  'no PEM': () => 'secret',
  'a public key': () => generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
  'a key for another curve': () => pkcs8(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey),
  'a key for the curve of Bitcoin': () => pkcs8(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
  'an Ed448 key': () => pkcs8(generateKeyPairSync('ed448').privateKey),
  'a key for key agreement': () => pkcs8(generateKeyPairSync('x25519').privateKey),
  'an RSA key of 1024 bits': () => pkcs8(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey),
  'an encrypted key': () =>
    generateKeyPairSync('ed25519').privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    }),
  'a key that is cut off': () => String(pkcs8(generateKeyPairSync('ed25519').privateKey)).slice(0, 60),
}

const ONE_LINE = { name: 'ConfigError', message: /^ACCESS_KEY_FILE: [^\n]+$/ }

for (const [name, content] of Object.entries(BAD)) {
  t.test(`a key file that is ${name} stops the start with one line`, async t => {
    await t.rejects(build(t, await withKeyFile(t, content())), ONE_LINE)
  })
}

t.test('a key file that is not there, or a folder, stops the start with one line', async t => {
  const env = await environment(t)
  const folder = env.DATA_DIR ?? ''
  await t.rejects(build(t, { ...env, ACCESS_KEY_FILE: join(folder, 'absent.pem') }), ONE_LINE)
  await t.rejects(build(t, { ...env, ACCESS_KEY_FILE: folder }), ONE_LINE)
})
