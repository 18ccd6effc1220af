// app.keys: every key of the service, derived from SECRET by HKDF. The first secret signs, all of them verify.
import { hkdfSync, randomBytes } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fp from 'fastify-plugin'
import { ConfigError, isSecret } from './config/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    keys: {
      /**
       * The key of one purpose under each secret, newest first: 32 bytes each.
       * @see https://www.rfc-editor.org/rfc/rfc5869
       */
      derive(purpose: string): Buffer[]
    }
  }
}

export default fp(
  async app => {
    const { SECRET = await generatedSecret(app.config.DATA_DIR) } = app.config
    const secrets = [...new Set(SECRET.split(',').map(part => part.trim()))]
    app.decorate('keys', {
      derive: purpose => secrets.map(secret => Buffer.from(hkdfSync('sha256', secret, 'holocron', purpose, 32))),
    })
  },
  { name: 'keys', dependencies: ['config'] },
)

/** @throws {ConfigError} where the folder cannot hold a secret, or holds a damaged one: keys derived from that would be anybody's */
async function generatedSecret(folder: string): Promise<string> {
  const secret = await readOrMake(folder).catch((error: Error) => {
    throw new ConfigError(`DATA_DIR: cannot hold the generated secret (${error.message})`)
  })
  if (isSecret(secret)) return secret
  throw new ConfigError(
    `DATA_DIR: ${join(folder, 'secret')} is damaged. Put it back, or remove it: that ends all sessions`,
  )
}

/** Reads `folder/secret`, or makes it: written aside and linked into place, so that of ten processes starting at once all read the same, whole file. */
async function readOrMake(folder: string): Promise<string> {
  const file = join(folder, 'secret')
  await mkdir(folder, { recursive: true })
  const existing = await readFile(file, 'utf8').catch(absent)
  if (existing !== undefined) return existing.trim()
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  await link(draft, file).catch(alreadyThere)
  await unlink(draft)
  return (await readFile(file, 'utf8')).trim()
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

function alreadyThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
