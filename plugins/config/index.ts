// app.config: the environment and `.env`, validated, typed and frozen. The schema is the one source of defaults, types and docs.
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseEnv } from 'node:util'
import type { TSchema } from '@sinclair/typebox'
import { envSchema } from 'env-schema'
import fp from 'fastify-plugin'
import { ConfigError, checkTogether, checkValues, isSecret, refusal } from './checks.ts'
import { type Config, ConfigSchema, type Settings } from './schema.ts'

declare module 'fastify' {
  interface FastifyInstance {
    config: Config
  }
}

export type { Config }
export { ConfigError, isSecret }

/**
 * Reads the configuration that the service runs on.
 * @param environment what to read; `.env` fills in where it is read from `process.env`
 * @throws {ConfigError} on the first wrong or missing value
 */
export function readConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const settings = readSettings(environment)
  checkTogether(settings)
  const { PUBLIC_URL = `http://localhost:${settings.PORT}`, ARGON2_THREADS = Math.min(availableParallelism(), 3) } =
    settings
  return Object.freeze({ ...settings, ARGON2_THREADS, PUBLIC_URL: PUBLIC_URL.replace(/\/+$/, '') })
}

/**
 * Reads DATABASE_URL alone, for scripts that need nothing else.
 * @throws {ConfigError}
 */
export function readDatabaseUrl(environment: NodeJS.ProcessEnv = process.env): string {
  return readSettings(environment).DATABASE_URL
}

function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const file = environment === process.env ? readFile('.env') : {}
  const settings = validate({ ...withoutEmpty(file), ...withoutEmpty(environment) })
  checkValues(settings)
  return settings
}

function validate(data: NodeJS.ProcessEnv): Settings {
  try {
    return envSchema<Settings>({ schema: structuredClone(ConfigSchema) as TSchema, data, env: false })
  } catch (error) {
    const [problem] = (error as { errors?: { instancePath: string; message?: string }[] }).errors ?? []
    throw problem ? refusal(problem.instancePath.slice(1), problem.message ?? 'wrong') : error
  }
}

function readFile(file: string): NodeJS.ProcessEnv {
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return {}
    throw new ConfigError(`${file}: cannot be read (${message})`)
  }
}

/** An empty value is none: `SECRET=` in a file that was copied sets nothing. */
function withoutEmpty(values: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
}

export default fp<{ config: Config }>(async (app, { config }) => void app.decorate('config', config), {
  name: 'config',
})
