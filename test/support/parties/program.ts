/** Runs an application of `test/clients/parties`, registered with the provider, in a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { NewOAuthClient } from '#schemas/oauth-clients.ts'
import { type Environment, NO_CLIENT, type Test } from '../app.ts'
import { installClients } from '../clients.ts'
import { freePort } from '../free-port.ts'

const FOLDER = join(import.meta.dirname, '../../clients/parties')

export interface Party {
  /** Where it is; it has no path. */
  home: string
  id: string
  secret: string
}

/** Registers an application that will be at this address. */
export async function register(
  { oauthClients }: FastifyInstance,
  home: string,
  metadata: Partial<NewOAuthClient> = {},
): Promise<Party> {
  const { client, client_secret = '' } = await oauthClients.create(
    {
      client_name: 'Holonet News',
      redirect_uris: [`${home}/callback`],
      post_logout_redirect_uris: [home],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email offline_access films:read',
      ...metadata,
    },
    { client: NO_CLIENT },
  )
  return { home, id: client.client_id, secret: client_secret }
}

/**
 * @param program a file's name, without its ending
 * @param metadata by its address
 */
export async function runParty(
  t: Test,
  app: FastifyInstance,
  program: string,
  metadata: (home: string) => Partial<NewOAuthClient> = () => ({}),
  settings: Environment = {},
): Promise<Party> {
  await installClients()
  const port = await freePort()
  const party = await register(app, `http://localhost:${port}`, metadata(`http://localhost:${port}`))
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    ISSUER: app.config.PUBLIC_URL,
    CLIENT_ID: party.id,
    CLIENT_SECRET: party.secret,
    ...settings,
  }
  const child = spawn(process.execPath, [`${program}.mjs`], { cwd: FOLDER, env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with ${code}`)
  })
  await Promise.race([once(child.stdout, 'data'), ended])
  ended.catch(() => {})
  return party
}
