/** The application that the generated documents describe: the embedded profile, with social login. */
import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { build } from '../app.ts'
import { readConfig } from '../plugins/config/index.ts'

/** The same on every machine: the environment is ignored. It does not listen, and leaves nothing behind. Close it. */
export function documentedApp(): FastifyInstance {
  return build(
    readConfig({
      SECRET: randomBytes(32).toString('hex'),
      DATABASE_URL: 'sqlite::memory:',
      PUBLIC_URL: 'http://localhost:3000',
      LOG_LEVEL: 'silent',
      GITHUB_CLIENT_ID: 'example',
      GITHUB_CLIENT_SECRET: 'example',
    }),
  )
}
