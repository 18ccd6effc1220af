// app.config: the environment and `.env`, validated, typed and frozen. The schema is the single source of defaults, types and docs.
import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import fp from 'fastify-plugin'
import { ConfigError, checkTogether, checkValues, isLoopback, isSecret } from './checks.ts'
import { readEnvFile, readEnvironment } from './environment.ts'
import { readSettings } from './read.ts'
import type { Config, Settings } from './schema.ts'

declare module 'fastify' {
  interface FastifyInstance {
    config: Config
  }
}

export type { Config }
export { ConfigError, isLoopback, isSecret }

/**
 * Reads the service's configuration.
 * @param environment `.env` adds to it only if it is `process.env`
 * @throws {ConfigError} for the first invalid or missing value
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const settings = checked(environment)
  checkTogether(settings)
  const { PORT, WORKERS } = settings
  const cores = Math.max(1, Math.floor(availableParallelism() / WORKERS))
  const PUBLIC_URL = (settings.PUBLIC_URL ?? `http://localhost:${PORT}`).replace(/\/+$/, '')
  return Object.freeze({
    ARGON2_THREADS: Math.min(cores, 3),
    NODE_ENV: 'development',
    MAIL_FROM: `${settings.APP_NAME} <no-reply@localhost>`,
    SMTP_CLIENT_NAME: smtpName(new URL(PUBLIC_URL).hostname),
    ...settings,
    PUBLIC_URL,
  })
}

/** A host name, or an address literal (RFC 5321 §4.1.3). URLs allow more in a host: Docker's names have underscores, and relays reject them. */
function smtpName(hostname: string): string {
  if (hostname.startsWith('[')) return `[IPv6:${hostname.slice(1)}`
  return isIP(hostname) ? `[${hostname}]` : hostname.replace(/\.$/, '').replaceAll(/[^A-Za-z0-9.-]/g, '-')
}

/**
 * Reads only DATABASE_URL, for scripts that need nothing else.
 * @throws {ConfigError}
 */
export function readDatabaseUrl(environment: NodeJS.ProcessEnv = process.env): string {
  return checked(environment).DATABASE_URL
}

/**
 * Reads one setting, for scripts that need nothing else.
 * @throws {ConfigError}
 */
export function readSetting<Name extends keyof Settings>(
  name: Name,
  environment: NodeJS.ProcessEnv = process.env,
): Settings[Name] {
  return checked(environment)[name]
}

function checked(environment: NodeJS.ProcessEnv): Settings {
  const file = environment === process.env ? readEnvFile('.env') : {}
  const settings = readSettings({ ...file, ...readEnvironment(environment) })
  checkValues(settings)
  return settings
}

export default fp<{ config: Config }>(async (app, { config }) => void app.decorate('config', config), {
  name: 'config',
})
