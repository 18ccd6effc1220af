// SECRET="new,old": rotation without anybody logged out. JWKS: what other services verify access tokens with.
import { createPublicKey, verify, type webcrypto } from 'node:crypto'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import {
  build,
  call,
  codeOf,
  type Environment,
  environment,
  type LoggedIn,
  logIn,
  SECRET,
  type Test,
} from '../../support/app.ts'

const NEW_SECRET = 'another-horse-another-staple-4567'

interface Jwk extends webcrypto.JsonWebKey {
  kid: string
  alg: string
  use: string
}

async function jwks(app: FastifyInstance): Promise<Jwk[]> {
  return (await call(app, 'GET', '/.well-known/jwks.json')).json<{ keys: Jwk[] }>().keys
}

function kidOf(token: string): string {
  return JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
}

const films = (app: FastifyInstance, token: string) => call(app, 'GET', '/films/v1/', { token })
const rotate = (app: FastifyInstance, token: string) => call(app, 'POST', '/users/v1/generate_tokens', { token })

/** One service under several settings of SECRET, one after the other, as an operator would roll them out. */
async function service(t: Test) {
  const env = await environment(t)
  return (secret: string) => build(t, { ...env, SECRET: secret })
}

t.test(
  'rotating the secret logs nobody out: old tokens are valid while it is listed second, and not afterwards',
  async t => {
    const under = await service(t)
    const before = await under(SECRET)
    const old = await logIn(before)
    const another = await logIn(before)

    const overlap = await under(`${NEW_SECRET},${SECRET}`)
    t.equal((await films(overlap, old.token)).statusCode, 200)
    const rotated = (await rotate(overlap, old.refresh_token)).json<LoggedIn>()
    t.not(kidOf(rotated.token), kidOf(old.token), 'the new key signs')
    t.not(kidOf(rotated.refresh_token), kidOf(old.refresh_token))
    t.equal((await films(overlap, rotated.token)).statusCode, 200)

    const after = await under(NEW_SECRET)
    for (const response of [await films(after, another.token), await rotate(after, another.refresh_token)]) {
      t.equal(response.statusCode, 401)
      t.equal(codeOf(response), 'token-invalid')
    }
    t.equal((await films(after, rotated.token)).statusCode, 200)
    t.equal((await rotate(after, rotated.refresh_token)).statusCode, 200)
  },
)

t.test(
  'a secret that stands second is published and verified before its first use, so that roll-outs can be gradual',
  async t => {
    const under = await service(t)
    const preparing = await under(`${SECRET},${NEW_SECRET}`)
    const switched = await under(`${NEW_SECRET},${SECRET}`)
    const early = await logIn(preparing)
    const late = (await rotate(switched, early.refresh_token)).json<LoggedIn>()

    const published = (await jwks(preparing)).map(({ kid }) => kid)
    t.ok(published.includes(kidOf(late.token)), 'the new key is in JWKS of processes that do not sign with it yet')
    t.equal((await films(preparing, late.token)).statusCode, 200, 'and they take its tokens')
    t.equal((await rotate(preparing, late.refresh_token)).statusCode, 200)
    const next = (await jwks(switched)).map(({ kid }) => kid)
    t.same(next.slice(0, 2), published.slice(0, 2).toReversed(), 'the signing key comes first')
    t.same(new Set(next), new Set(published))
  },
)

/** The members of a public key, by what it is. */
const MEMBERS = {
  EdDSA: ['alg', 'crv', 'kid', 'kty', 'use', 'x'],
  ES256: ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
  RS256: ['alg', 'e', 'kid', 'kty', 'n', 'use'],
}

t.test(
  'JWKS holds public keys only, one a secret and algorithm, each under a kid of its own, for caches to keep',
  async t => {
    const app = await build(t, { SECRET: `${NEW_SECRET}, ${SECRET} ` })
    const response = await call(app, 'GET', '/.well-known/jwks.json')
    t.equal(response.statusCode, 200)
    t.match(response.headers['content-type'], /^application\/(jwk-set\+)?json/)
    t.match(response.headers['cache-control'], /^public, max-age=[1-9]\d*$/)
    const { keys } = response.json<{ keys: Jwk[] }>()
    t.equal(new Set(keys.map(({ kid }) => kid)).size, 6)
    for (const [alg, members] of Object.entries(MEMBERS)) {
      const own = keys.filter(key => key.alg === alg)
      t.equal(own.length, 2, alg)
      for (const key of own) t.same(Object.keys(key).sort(), members, 'nothing private: no d, no k')
    }
    t.match(keys[0], { alg: 'EdDSA', crv: 'Ed25519', kty: 'OKP', use: 'sig' }, 'those of access tokens come first')
    t.notMatch(response.body, SECRET)
  },
)

t.test('a secret that is written twice is one key', async t => {
  const app = await build(t, { SECRET: `${SECRET},${NEW_SECRET},${SECRET}` })
  const kids = (await jwks(app)).filter(({ alg }) => alg === 'EdDSA').map(({ kid }) => kid)
  t.equal(kids.length, 2)
  t.equal(new Set(kids).size, 2)
})

t.test('the JWKS is enough to verify a token', async t => {
  const app = await build(t)
  const { token } = await logIn(app)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const jwk = (await jwks(app)).find(({ kid }) => kid === kidOf(token))
  t.ok(jwk)
  const key = createPublicKey({ key: jwk as Jwk, format: 'jwk' })
  t.ok(verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')))
})

t.test('the same secret makes the same keys, on every instance and after every restart', async t => {
  const [one, other] = [await build(t), await build(t)]
  t.same(await jwks(one), await jwks(other))
})

/** Embedded, and with a secret that is generated: SECRET may not be absent elsewhere. */
async function withoutSecret(t: Test): Promise<Environment> {
  const { SECRET: _, REDIS_URL: __, ...env } = await environment(t)
  return { ...env, DATABASE_URL: `sqlite:${env.DATA_DIR}/holocron.db` }
}

t.test('ten instances that start cold on one empty folder agree on one secret, which nobody else may read', async t => {
  const env = await withoutSecret(t)
  const folder = join(env.DATA_DIR ?? '', 'not', 'there', 'yet')
  const databases = Array.from({ length: 10 }, (_, i) => `sqlite:${env.DATA_DIR}/${i}.db`)
  const apps = await Promise.all(databases.map(DATABASE_URL => build(t, { ...env, DATA_DIR: folder, DATABASE_URL })))
  const kidsOf = async (app: FastifyInstance) => (await jwks(app)).map(({ kid }) => kid).join()
  const kids = await Promise.all(apps.map(kidsOf))
  t.equal(new Set(kids).size, 1)

  const file = join(folder, 'secret')
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.ok((await readFile(file, 'utf8')).trim().length >= 43, '256 bits')
  const later = await build(t, { ...env, DATA_DIR: folder })
  t.equal(await kidsOf(later), kids[0], 'a later start takes the same')
})

for (const [name, content] of Object.entries({ empty: '', short: 'x\n', regular: 'a'.repeat(64) })) {
  t.test(`a generated secret that got damaged (${name}) stops the start: its keys would be anybody's`, async t => {
    const env = await withoutSecret(t)
    await mkdir(env.DATA_DIR ?? '', { recursive: true })
    await writeFile(join(env.DATA_DIR ?? '', 'secret'), content)
    await t.rejects(build(t, env), { name: 'ConfigError', message: /^DATA_DIR: [^\n]+$/ })
  })
}

t.test('a folder that cannot hold the secret stops the start with one line', async t => {
  const env = await withoutSecret(t)
  const file = join(env.DATA_DIR ?? '', 'file')
  await writeFile(file, '')
  await t.rejects(build(t, { ...env, DATA_DIR: join(file, 'data') }), {
    name: 'ConfigError',
    message: /^DATA_DIR: [^\n]+$/,
  })
})
