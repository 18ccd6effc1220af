import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from './app.ts'

const run = promisify(execFile)

/** A self-signed certificate for a host and its key, as files; removed when the test ends. Needs openssl. */
export async function selfSigned(t: Test, host = 'localhost'): Promise<{ cert: string; key: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-test-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...subject,
    '-keyout',
    key,
    '-out',
    cert,
  ])
  return { cert, key }
}
