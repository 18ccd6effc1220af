/** Reads and logins against Fastify's textbook, Express, NestJS and better-auth, on MySQL and Redis [--only films,login …] */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { install } from '../harness/install.ts'
import { play } from '../harness/play.ts'
import { login } from '../scenarios/login.ts'
import { films, filmsManyTokens, filmsNewTokens } from '../scenarios/reads.ts'

const FOLDER = join(import.meta.dirname, '../peers')

export async function run(args: string[]): Promise<void> {
  if (!existsSync(join(FOLDER, 'node_modules'))) install(FOLDER)
  const scenarios = { films, 'films-many': filmsManyTokens, 'films-new': filmsNewTokens, login }
  await play('peers', args, scenarios, { withPeers: true })
}
