// npm run demo:provider: starts an OpenID provider with two demo people, and the service that logs them in.
import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readArguments } from './arguments.ts'
import { memory } from './demo-provider/memory.ts'
import type { Person } from './demo-provider/people-page.ts'
import { createProvider } from './demo-provider/provider.ts'

const DETAILS = `Starts an OpenID provider that asks for no password, and the service configured for it, in development settings. Ctrl-C ends both.
The service's data are in a temporary folder, unless DATA_DIR or DATABASE_URL is set. PORT is the service's port (3000), DEMO_PORT the provider's (3001).
An application of yours may use the redirect URI http://localhost:5173/callback.`

const ROOT = join(import.meta.dirname, '..')

const PEOPLE = new Map<string, Person>([
  ['leia', { name: 'Leia Organa', email: 'leia@alderaan.example', email_verified: true }],
  ['han', { name: 'Han Solo', email: 'han@corellia.example', email_verified: false }],
])

/** Where Vite serves an application. */
const APPLICATION = 'http://localhost:5173/callback'

interface Client {
  client_id: string
  client_secret: string
}

async function startProvider(
  port: number,
  client: Client,
  publicUrl: string,
): Promise<{ issuer: string; server: Server }> {
  const issuer = `http://127.0.0.1:${port}`
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { handle } = await createProvider({
    issuer,
    clients: [{ ...client, redirect_uris: [`${publicUrl}/social/v1/demo/callback`, APPLICATION] }],
    people: PEOPLE,
    keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'demo' }],
    adapter: memory(),
  })
  const server = createServer(handle).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { issuer, server }
}

/** In a process group of its own: a terminal's Ctrl-C reaches this script alone, which passes it on once. A second signal would cut the shutdown short. */
function startService(settings: NodeJS.ProcessEnv, started: () => void): ChildProcess {
  const service = spawn(
    process.execPath,
    ['--max-semi-space-size=4', '--import', './scripts/preload.js', 'server.ts'],
    {
      cwd: ROOT,
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    },
  )
  service.stdout.pipe(process.stdout)
  service.stdout.on('data', function listening(bytes: Buffer) {
    if (!bytes.includes('Server listening')) return
    service.stdout.off('data', listening)
    started()
  })
  return service
}

async function main(): Promise<void> {
  readArguments('Usage: npm run demo:provider', args => args.length === 0, DETAILS)
  const { PORT = '3000', DEMO_PORT = '3001', DATA_DIR, DATABASE_URL } = process.env
  const publicUrl = process.env.PUBLIC_URL ?? `http://localhost:${PORT}`
  const client = { client_id: 'holocron', client_secret: randomBytes(24).toString('base64url') }
  const { issuer, server } = await startProvider(Number(DEMO_PORT), client, publicUrl)
  const temporary = DATA_DIR || DATABASE_URL ? undefined : await mkdtemp(join(tmpdir(), 'holocron-demo-'))
  const folder = DATA_DIR || temporary
  const settings = {
    NODE_ENV: 'development',
    ...(folder && { DATA_DIR: folder }),
    DATABASE_URL: DATABASE_URL || `sqlite:${folder}/holocron.db`,
    OIDC_PROVIDERS: JSON.stringify({ demo: { issuer, ...client, name: 'Demo' } }),
  }
  const service = startService(settings, () => console.log(instructions(publicUrl)))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => service.kill(signal))
  const [code] = await once(service, 'exit')
  server.close()
  server.closeAllConnections()
  if (temporary) await rm(temporary, { recursive: true, force: true })
  process.exitCode = code ?? 1
}

const instructions = (publicUrl: string) => `
Open ${publicUrl}/signin, continue with Demo (or go straight to ${publicUrl}/social/v1/demo/authorize), and choose who you are:

- Leia Organa: the provider verified her address, so she is logged in at once.
- Han Solo: the provider did not verify his, so he is asked for one, and a mail to it is in ${publicUrl}/dev/mailbox.

Ctrl-C ends the service and the provider.
`

function reason({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ERR_MODULE_NOT_FOUND' && message.includes("'oidc-provider'"))
    return 'The demo needs oidc-provider, a development dependency: run "npm ci" without --omit=dev.'
  if (code === 'EADDRINUSE') return 'The port of the demo provider is in use: set DEMO_PORT to another one.'
  return message
}

main().catch((error: Error) => {
  console.error(reason(error))
  process.exitCode = 1
})
