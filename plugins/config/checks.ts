/** Checks that a schema cannot express: of single settings, and of settings that depend on each other. */
import { statSync } from 'node:fs'
import { isIP } from 'node:net'
import { parseMysqlUrl } from '#sql/connection/mysql-url.ts'
import { parseAmqpUrl } from './amqp-url.ts'
import { parseAvatarStorage } from './avatar-storage.ts'
import { contrast, LIGHT_BACKGROUND, TEXT_CONTRAST } from './contrast.ts'
import { parseErrorTrackingDsn } from './error-tracking-dsn.ts'
import { parseKeyValues } from './key-values.ts'
import { parseOAuthResources, withoutSlash } from './oauth-resources.ts'
import { isIssuer, parseOidcProviders } from './oidc-providers.ts'
import { parseOrigins } from './origins.ts'
import { parseRedisUrl } from './redis-url.ts'
import { isRelyingPartyOf } from './relying-party.ts'
import { mayBeSameSite } from './same-site.ts'
import { ConfigSchema, type Settings } from './schema.ts'

/** A configuration that the service refuses to start with. Its message is one line that names the variable and what is expected, never the value. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

export function configError(name: string, problem: string): ConfigError {
  const properties: Record<string, { description?: string }> = ConfigSchema.properties
  return new ConfigError(`${name}: ${problem}. Expected: ${properties[name]?.description ?? 'a value'}.`)
}

const NOT_A_URL = 'not a valid URL'

const SOCIAL_URLS = [
  'GITHUB_BASE_URL',
  'GITHUB_API_URL',
  'GOOGLE_ISSUER',
  'LINKEDIN_ISSUER',
  'FACEBOOK_ISSUER',
  'FACEBOOK_API_URL',
] as const

const CHECKS: [keyof Settings, problem: string, isValid: (value: string) => boolean][] = [
  ['PUBLIC_URL', NOT_A_URL, isUrl],
  ['SMTP_URL', NOT_A_URL, isUrl],
  [
    'TRUST_PROXY',
    'not a list of IP addresses and networks',
    list => /^\d?$/.test(list) || list.split(',').every(isNetwork),
  ],
  [
    'SECRET',
    'too short, too regular or too well known for a secret',
    list => list.split(',').every(part => isSecret(part.trim())),
  ],
  ['APP_URL', NOT_A_URL, isUrl],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', NOT_A_URL, isUrl],
  ['APP_LOGO', NOT_A_URL, isUrl],
  ['REDIRECT_URLS', 'not a list of http:// or https:// URLs', list => list.split(',').every(isWebUrl)],
  ['TEMPLATES_DIR', 'not a folder', isFolder],
  ['PHONE_REGION', 'not a country', isCountry],
  ...SOCIAL_URLS.map((name): (typeof CHECKS)[number] => [name, 'must use https, except on this machine', isIssuer]),
  ['METRICS_TOKEN', 'too short, too regular or too well known for a secret', isSecret],
]

/** Values with a parser, which throws an error that says what is wrong. */
const PARSERS: [keyof Settings, parse: (value: string) => unknown][] = [
  ['DATABASE_URL', url => url.startsWith('sqlite:') || parseMysqlUrl(url)],
  ['REDIS_URL', parseRedisUrl],
  ['CORS_ORIGINS', parseOrigins],
  ['COOKIE_ORIGINS', parseOrigins],
  ['SMTP_URL', checkSmtpParameters],
  ['APP_COLOR', checkContrast],
  ['OIDC_PROVIDERS', parseOidcProviders],
  ['AVATAR_STORAGE', parseAvatarStorage],
  ['OAUTH_RESOURCES', parseOAuthResources],
  ['ERROR_TRACKING_DSN', parseErrorTrackingDsn],
  ['OTEL_EXPORTER_OTLP_HEADERS', parseKeyValues],
  ['OTEL_RESOURCE_ATTRIBUTES', parseKeyValues],
  ['AMQP_URL', parseAmqpUrl],
]

/** Options of nodemailer that its URL may carry. It ignores any other, and a misspelled `requireTLS` would send mails unencrypted. */
const SMTP_PARAMETERS =
  /^(requireTLS|ignoreTLS|authMethod|(connection|greeting|socket|dns)Timeout|tls\.(rejectUnauthorized|servername|minVersion|ciphers))$/

/** @throws Error for what would be ignored */
function checkSmtpParameters(text: string): void {
  const { searchParams, hash } = new URL(text)
  const unknown = [...searchParams.keys()].find(name => !SMTP_PARAMETERS.test(name))
  if (unknown) throw new Error(`unknown parameter "${unknown}"`)
  if (hash) throw new Error('has a fragment, which would be ignored')
}

/** @throws Error for a color on which, or in which, text is hard to read */
function checkContrast(color: string): void {
  const ratio = contrast(color, LIGHT_BACKGROUND)
  if (ratio < TEXT_CONTRAST)
    throw new Error(`too light: its contrast is ${ratio.toFixed(1)}, and text needs ${TEXT_CONTRAST}`)
}

/** @throws {ConfigError} for the first invalid value */
export function checkValues(settings: Settings): void {
  for (const [name, problem, isValid] of CHECKS) {
    const value = settings[name]
    if (value !== undefined && !isValid(String(value))) throw configError(name, problem)
  }
  for (const [name, parse] of PARSERS) {
    try {
      if (settings[name] !== undefined) parse(String(settings[name]))
    } catch (error) {
      throw configError(name, (error as Error).message)
    }
  }
}

/** @throws {ConfigError} for settings that are missing, or conflict */
export function checkTogether(settings: Settings): void {
  const production = settings.NODE_ENV === 'production'
  const shared = settings.DATABASE_URL.startsWith('mysql:') || settings.REDIS_URL !== undefined
  const needed = production ? (['PUBLIC_URL', 'SMTP_URL', 'MAIL_FROM', 'SECRET'] as const) : []
  const missing = needed.filter(name => !settings[name])
  if (missing.length > 1) throw new ConfigError(`${missing.join(', ')}: required in production.`)
  for (const name of missing) throw configError(name, 'required in production')
  // Forgetting NODE_ENV must not publish everybody's links.
  if (!settings.NODE_ENV && !settings.SMTP_URL && !isLoopback(settings.HOST))
    throw configError('NODE_ENV', 'required to listen beyond this machine without SMTP_URL')
  if (shared && !settings.SECRET)
    throw configError('SECRET', 'required with MySQL or Redis, so that every process has the same keys')
  if (settings.WORKERS > 1 && !settings.DATABASE_URL.startsWith('mysql:'))
    throw configError('WORKERS', 'must be 1 with SQLite, which serves a single process')
  for (const name of ['GITHUB', 'GOOGLE', 'LINKEDIN', 'FACEBOOK'] as const) {
    if (settings[`${name}_CLIENT_ID`] && !settings[`${name}_CLIENT_SECRET`])
      throw configError(`${name}_CLIENT_SECRET`, `required with ${name}_CLIENT_ID`)
    if (settings[`${name}_CLIENT_SECRET`] && !settings[`${name}_CLIENT_ID`])
      throw configError(`${name}_CLIENT_ID`, `required with ${name}_CLIENT_SECRET`)
  }
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const)
    if (settings.AVATAR_STORAGE?.startsWith('s3:') && !settings[name])
      throw configError(name, 'required with an s3:// AVATAR_STORAGE')
  // What is reported is what is logged at `error`.
  if (settings.ERROR_TRACKING_DSN && ['fatal', 'silent'].includes(settings.LOG_LEVEL))
    throw configError(
      'LOG_LEVEL',
      'must be error or lower with ERROR_TRACKING_DSN, which reports the errors that are logged',
    )
  if (settings.REVOCATION_MAX_STALENESS_SECONDS <= settings.REVOCATION_SYNC_SECONDS)
    throw configError('REVOCATION_MAX_STALENESS_SECONDS', 'must be greater than REVOCATION_SYNC_SECONDS')
  const publicUrl = new URL(settings.PUBLIC_URL ?? 'http://localhost')
  // Browsers would not send them the cookie, which is SameSite=Lax.
  if (!parseOrigins(settings.COOKIE_ORIGINS).every(origin => mayBeSameSite(new URL(origin), publicUrl)))
    throw configError('COOKIE_ORIGINS', 'has an entry of another site than PUBLIC_URL')
  // Else a token of an application would pass for one of a login, or open our own routes.
  const own = [settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`, settings.ACCESS_TOKEN_AUDIENCE].map(
    withoutSlash,
  )
  if (parseOAuthResources(settings.OAUTH_RESOURCES).some(({ resource }) => own.includes(withoutSlash(resource))))
    throw configError(
      'OAUTH_RESOURCES',
      'has an entry for PUBLIC_URL or ACCESS_TOKEN_AUDIENCE, which are of this service',
    )
  if (settings.PASSKEY_RP_ID && !isRelyingPartyOf(publicUrl.hostname, settings.PASSKEY_RP_ID))
    throw configError('PASSKEY_RP_ID', 'neither the host of PUBLIC_URL nor a domain above it')
  // https://www.rfc-editor.org/rfc/rfc9106#section-3.1
  if (settings.ARGON2_MEMORY_KIB < 8 * settings.ARGON2_PARALLELISM)
    throw configError('ARGON2_MEMORY_KIB', 'must be 8 times ARGON2_PARALLELISM or more')
}

/** Whether a text may serve as a secret: at least 32 characters, enough different ones, neither a sequence nor a repetition, and not a placeholder from some documentation. */
export function isSecret(text: string): boolean {
  const placeholder = /change.?(me|this|it)|replace|example|placeholder|password|your.?secret|super.?secret/i
  return text.length >= 32 && new Set(text).size >= 10 && !isRegular(text) && !placeholder.test(text)
}

/** `0123456789` four times has few different groups of three, the alphabet has few different steps from one character to the next. */
function isRegular(text: string): boolean {
  const positions = Array.from({ length: text.length - 2 }, (_, i) => i)
  const groups = new Set(positions.map(i => text.slice(i, i + 3)))
  const steps = new Set(positions.map(i => text.charCodeAt(i + 1) - text.charCodeAt(i)))
  return groups.size < 16 || steps.size < 8
}

/** Whether only this machine can reach the address. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|::1)$/.test(host)
}

/** User name and password must be decodable too: drivers decode them. */
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

function isNetwork(text: string): boolean {
  const [address = '', bits, ...more] = text.trim().split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= (version === 4 ? 32 : 128))
  )
}

function isWebUrl(text: string): boolean {
  return text === '' || /^https?:$/.test(URL.parse(text.trim())?.protocol ?? '')
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

function isCountry(code: string): boolean {
  return new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code) !== undefined
}
