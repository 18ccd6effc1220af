// A signature that anybody can turn into another valid one: what is kept by the spelling of a token (a cache, a list elsewhere) would be bypassed.
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { build, call, codeOf, type Environment, environment, type LoggedIn, logIn } from '../../../support/app.ts'

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

const sOf = (token: string) => BigInt(`0x${Buffer.from(token.split('.')[2] ?? '', 'base64url').toString('hex', 32)}`)

/** The token with (r, order − s) for (r, s). */
function mirrored(token: string): string {
  const [header, claims, signature = ''] = token.split('.')
  const r = Buffer.from(signature, 'base64url').subarray(0, 32)
  const s = Buffer.from((ORDER - sOf(token)).toString(16).padStart(64, '0'), 'hex')
  return [header, claims, Buffer.concat([r, s]).toString('base64url')].join('.')
}

const SETTINGS: Record<string, (env: Environment) => Promise<Environment>> = {
  'the derived key': async () => ({ ACCESS_TOKEN_ALGORITHM: 'ES256' }),
  'a key file': async ({ DATA_DIR = '' }) => {
    const ACCESS_KEY_FILE = join(DATA_DIR, 'access.pem')
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(ACCESS_KEY_FILE, privateKey.export({ type: 'pkcs8', format: 'pem' }))
    return { ACCESS_KEY_FILE }
  },
}

for (const [name, settings] of Object.entries(SETTINGS))
  t.test(`threat: an ES256 signature of ${name} is mirrored, and is a second spelling of the token`, async t => {
    const env = await environment(t)
    const app = await build(t, { ...env, ...(await settings(env)) })
    const films = (token: string) => call(app, 'GET', '/films/v1/', { token })
    let session = await logIn(app)
    // Half of the signatures would have the lower s by chance.
    for (let i = 0; i < 8; i++) {
      t.equal(codeOf(await films(mirrored(session.token))), 'token-invalid')
      t.equal((await films(session.token)).statusCode, 200)
      t.equal(codeOf(await films(mirrored(session.token))), 'token-invalid', 'nor once the token is cached')
      t.ok(sOf(session.token) <= ORDER / 2n)
      const refresh = { token: session.refresh_token }
      session = (await call(app, 'POST', '/users/v1/generate_tokens', refresh)).json<LoggedIn>()
    }
  })
