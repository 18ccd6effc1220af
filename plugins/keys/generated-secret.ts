/** The secret of the embedded profile: generated once, and kept in a file. */
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, isSecret } from '../config/index.ts'

/** @throws {ConfigError} if the folder cannot hold a secret, or the file is damaged: keys derived from a truncated secret could be guessed */
export async function generatedSecret(folder: string): Promise<string> {
  const secret = await readOrCreate(folder).catch((error: Error) => {
    throw new ConfigError(`DATA_DIR: cannot hold the generated secret (${error.message})`)
  })
  if (isSecret(secret)) return secret
  throw new ConfigError(
    `DATA_DIR: ${join(folder, 'secret')} is damaged. Restore it, or remove it, which ends all sessions`,
  )
}

/** Written to a temporary file and linked into place, so that ten processes starting at once all read the same complete file. */
async function readOrCreate(folder: string): Promise<string> {
  const file = join(folder, 'secret')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const existing = await readFile(file, 'utf8').catch(ignoreCode('ENOENT'))
  if (existing !== undefined) return existing.trim()
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  await writeFile(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  await link(draft, file).catch(ignoreCode('EEXIST'))
  await unlink(draft)
  return (await readFile(file, 'utf8')).trim()
}

function ignoreCode(code: string): (error: NodeJS.ErrnoException) => undefined {
  return error => {
    if (error.code !== code) throw error
  }
}
