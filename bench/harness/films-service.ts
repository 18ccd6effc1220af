/** Another service, which verifies tokens by clients/verify. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Options } from '../../clients/verify/src/types.ts'
import { THIS_CHECKOUT } from './checkout.ts'
import { ask } from './messages.ts'
import { startNode } from './processes.ts'
import type { Service } from './service.ts'

export interface FilmsService {
  url: string
  pid: number
}

/** @param verifier absent where nothing is checked */
export async function startFilmsService(
  { core, log }: { core: string; log: string },
  body: string,
  verifier?: Options,
): Promise<FilmsService> {
  const script = join(import.meta.dirname, '../baselines/films-service.ts')
  const child = startNode({ script, core, log, env: { NODE_ENV: 'production' }, ipc: true })
  const { port } = await ask<{ port: number }>(child, { body, ...(verifier && { verifier }) })
  return { url: `http://127.0.0.1:${port}`, pid: child.pid }
}

/** Registers another service, and tells it where Holocron is. */
export function register({ url, env }: Service): Options {
  const script = join(THIS_CHECKOUT, 'scripts/create-client.ts')
  const args = [script, '--name', 'Archive', '--grant', 'client_credentials', '--scope', 'revocations']
  const said = execFileSync(process.execPath, args, { env: { PATH: process.env.PATH, ...env }, encoding: 'utf8' })
  const [, clientId = '', clientSecret = ''] = /client_id=(\S+)\nclient_secret=(\S+)/.exec(said) ?? []
  return { issuer: env.PUBLIC_URL ?? url, url, clientId, clientSecret }
}
