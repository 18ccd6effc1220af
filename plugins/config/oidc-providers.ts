/** The value of OIDC_PROVIDERS. */
import { isObject, parseObject } from './json-object.ts'

export interface OidcProvider {
  issuer: string
  client_id: string
  client_secret: string
  name?: string
  scope?: string
  pkce?: boolean
  token_endpoint_auth_method?: 'client_secret_basic' | 'client_secret_post'
  authorized_parties?: string[]
}

const KEY = /^[a-z][a-z\d_-]{0,30}$/
/** They have settings and paths of their own. */
const RESERVED = new Set(['github', 'google', 'linkedin', 'facebook', 'providers', 'email'])

const FIELDS: Record<keyof OidcProvider, { required?: true; isValid: (value: unknown) => boolean }> = {
  issuer: { required: true, isValid: value => isText(value) && isIssuer(value) },
  client_id: { required: true, isValid: isText },
  client_secret: { required: true, isValid: isText },
  name: { isValid: isText },
  scope: { isValid: value => isText(value) && value.split(' ').includes('openid') },
  pkce: { isValid: value => typeof value === 'boolean' },
  token_endpoint_auth_method: { isValid: value => value === 'client_secret_basic' || value === 'client_secret_post' },
  authorized_parties: { isValid: value => Array.isArray(value) && value.every(isText) },
}

/** @throws Error that says which entry is wrong, without any value: one is a secret */
export function parseOidcProviders(text: string): [key: string, OidcProvider][] {
  const providers = Object.entries(parseObject(text))
  for (const [key, provider] of providers) {
    if (!KEY.test(key)) throw new Error(`has an invalid key "${key}": lower-case letters, digits, - and _`)
    if (RESERVED.has(key)) throw new Error(`has the reserved key "${key}"`)
    const problem = problemOf(provider)
    if (problem) throw new Error(`"${key}": ${problem}`)
  }
  return providers as [string, OidcProvider][]
}

function problemOf(provider: unknown): string | undefined {
  if (!isObject(provider)) return 'not an object'
  const entries = new Map(Object.entries(provider))
  const unknown = [...entries.keys()].find(name => !Object.hasOwn(FIELDS, name))
  if (unknown) return `unknown field "${unknown}"`
  for (const [name, { required, isValid }] of Object.entries(FIELDS)) {
    if (!entries.has(name) && required) return `${name} is missing`
    if (entries.has(name) && !isValid(entries.get(name))) return `${name} is invalid`
  }
  return undefined
}

/** TLS is what authenticates a provider; without it only on this machine. */
export function isIssuer(text: string): boolean {
  const url = URL.parse(text)
  if (!url?.host || url.search || url.hash || url.username || url.password) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackName(url.hostname))
}

/** Whether a URL's host name is this machine. */
export function isLoopbackName(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
