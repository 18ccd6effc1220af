/** What no pattern can say about a setting, and what one setting demands of another. */
import { isIP } from 'node:net'
import { ConfigSchema, type Settings } from './schema.ts'

/** A configuration that the service refuses to start with. Its message is one line that names the variable and what it wants; it never shows the value. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

export function refusal(name: string, problem: string): ConfigError {
  const properties: Record<string, { description?: string }> = ConfigSchema.properties
  return new ConfigError(`${name}: ${problem}. It wants: ${properties[name]?.description ?? 'a value'}.`)
}

const NO_URL = 'no URL that can be read'

const CHECKS: [keyof Settings, problem: string, isGood: (value: string) => boolean][] = [
  ['PUBLIC_URL', NO_URL, isUrl],
  ['DATABASE_URL', NO_URL, url => url.startsWith('sqlite:') || isUrl(url)],
  ['REDIS_URL', NO_URL, isRedisUrl],
  ['SMTP_URL', NO_URL, isUrl],
  ['TRUST_PROXY', 'no list of addresses and networks', list => /^\d?$/.test(list) || list.split(',').every(isNetwork)],
  [
    'SECRET',
    'too short, too regular or too well known to be a secret',
    list => list.split(',').every(part => isSecret(part.trim())),
  ],
]

/** @throws {ConfigError} on the first value that is not what it looks like */
export function checkValues(settings: Settings): void {
  for (const [name, problem, isGood] of CHECKS) {
    const value = settings[name]
    if (value !== undefined && !isGood(String(value))) throw refusal(name, problem)
  }
}

/** @throws {ConfigError} on settings that are missing, or do not fit together */
export function checkTogether(settings: Settings): void {
  const production = settings.NODE_ENV === 'production'
  const shared = settings.DATABASE_URL.startsWith('mysql:') || settings.REDIS_URL !== undefined
  const needed = production ? (['PUBLIC_URL', 'SMTP_URL', 'SECRET'] as const) : []
  for (const name of needed) if (!settings[name]) throw refusal(name, 'required in production')
  if (shared && !settings.SECRET)
    throw refusal('SECRET', 'required with MySQL or Redis, so that every process has the same keys')
  if (settings.WORKERS > 1 && !settings.DATABASE_URL.startsWith('mysql:'))
    throw refusal('WORKERS', 'must be 1 with SQLite, which serves one process')
  if (settings.REVOCATION_MAX_STALENESS_SECONDS <= settings.REVOCATION_SYNC_SECONDS)
    throw refusal('REVOCATION_MAX_STALENESS_SECONDS', 'must be more than REVOCATION_SYNC_SECONDS')
  // https://www.rfc-editor.org/rfc/rfc9106#section-3.1
  if (settings.ARGON2_MEMORY_KIB < 8 * settings.ARGON2_PARALLELISM)
    throw refusal('ARGON2_MEMORY_KIB', 'must be 8 times ARGON2_PARALLELISM or more')
}

/** Is a text fit to derive keys from: 32 characters or more, not the same few again and again, and no placeholder out of somebody's documentation? */
export function isSecret(text: string): boolean {
  const placeholder = /change.?(me|this|it)|replace|example|placeholder|password|your.?secret|super.?secret/i
  return text.length >= 32 && new Set(text).size >= 10 && !placeholder.test(text)
}

/** User and password must be readable too: drivers decode them. */
function isUrl(text: string): boolean {
  const url = URL.parse(text)
  if (!url?.host) return false
  try {
    decodeURIComponent(url.username + url.password)
    return true
  } catch {
    return false
  }
}

/** `redis+cluster://host:port,host:port`: each of the hosts must do. */
function isRedisUrl(text: string): boolean {
  const hosts = text.slice(text.indexOf('://') + 3).split(/[/?]/, 1)[0] ?? ''
  return hosts.split(',').every(host => isUrl(`redis://${host}`))
}

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.trim().split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
