/** The value of OAUTH_RESOURCES. */
import { parseObject } from './json-object.ts'

/** A service of somebody else that takes access tokens of ours. */
export interface OAuthResource {
  /** The `aud` of tokens for it, and what requests name it by. @see https://www.rfc-editor.org/rfc/rfc8707#section-2 */
  resource: string
  scopes: string[]
}

const RESOURCE_MAX_LENGTH = 256

/** https://www.rfc-editor.org/rfc/rfc6749#section-3.3 */
const SCOPES = /^[!#-[\]-~]+( [!#-[\]-~]+)*$/

/** They are about the login, and open no service. */
const OPENID_SCOPES = new Set(['openid', 'profile', 'email', 'address', 'phone', 'offline_access'])

/**
 * A scope belongs to one service, so that what an application is registered for, and what its user allows, names one.
 * @throws Error that says which entry is wrong
 */
export function parseOAuthResources(text: string): OAuthResource[] {
  const resources = Object.entries(parseObject(text)).map(([resource, scopes]) => {
    const problem = problemOfResource(resource) ?? problemOfScopes(scopes)
    if (problem) throw new Error(`"${resource}": ${problem}`)
    return { resource, scopes: [...new Set(String(scopes).split(' '))] }
  })
  const names = resources.map(({ resource }) => withoutSlash(resource))
  assertDifferent('resource', names)
  assertDifferent(
    'scope',
    resources.flatMap(({ scopes }) => scopes),
  )
  return resources
}

/** Clients that parse a URL send a slash after the host, whether there was one or not. */
export function withoutSlash(resource: string): string {
  return resource.replace(/\/$/, '')
}

/** The audiences of our own tokens, `holocron:access` and others, look like URIs. */
function problemOfResource(resource: string): string | undefined {
  const url = URL.parse(resource)
  if (!url || /[\s#]/.test(resource)) return 'not an absolute URI without a fragment'
  if (url.protocol === 'holocron:') return 'reserved for tokens of this service'
  return resource.length > RESOURCE_MAX_LENGTH ? `longer than ${RESOURCE_MAX_LENGTH} characters` : undefined
}

function problemOfScopes(scopes: unknown): string | undefined {
  if (typeof scopes !== 'string' || !SCOPES.test(scopes)) return 'not a text of scopes, separated by spaces'
  const reserved = scopes.split(' ').find(scope => OPENID_SCOPES.has(scope))
  return reserved && `has the scope ${reserved} of OpenID Connect`
}

function assertDifferent(what: string, names: string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`has the ${what} "${twice}" twice`)
}
