/** The values of the opaque tokens that the library stores. */
import { createHmac } from 'node:crypto'
import type { Provider } from 'oidc-provider'

/** Identify a token's kind: without them the library would look up a token of unknown kind in all three. */
const PREFIXES: Partial<Record<string, string>> = {
  AccessToken: 'at_',
  ClientCredentials: 'cc_',
  RefreshToken: 'rt_',
}

/** Whether the id has the prefix of this kind of token. */
export function hasPrefixOfKind(model: string, id: string): boolean {
  return id.startsWith(PREFIXES[model] ?? '')
}

/**
 * Patches `generateTokenId`. Refresh tokens of public clients rotate without forking the session, like our own: the successor is an HMAC of its
 * predecessor, so a client that lost the response gets the same token again within REFRESH_GRACE_SECONDS.
 * @param key 32 bytes
 */
export function patchTokenIds(library: typeof Provider, provider: Provider, key: Buffer): void {
  const { AccessToken, ClientCredentials, RefreshToken } = provider
  for (const { name, prototype } of [AccessToken, ClientCredentials, RefreshToken]) {
    const random = generatorOf(prototype)
    const value = function (this: object) {
      const predecessor = name === 'RefreshToken' ? library.ctx?.oidc.entities.RotatedRefreshToken : undefined
      const derived = predecessor && createHmac('sha256', key).update(predecessor.jti).digest('base64url')
      return `${PREFIXES[name]}${derived ?? random.call(this)}`
    }
    Object.defineProperty(prototype, 'generateTokenId', { value })
  }
}

function generatorOf(prototype: object): () => string {
  const generate: unknown = Reflect.get(prototype, 'generateTokenId')
  if (typeof generate !== 'function') throw new Error('oidc-provider has no method generateTokenId')
  return generate as () => string
}

/** Whether an application gets a refresh token with these scopes. */
export function isRefreshable(client: InstanceType<Provider['Client']>, scopes: Set<string>): boolean {
  return client.grantTypeAllowed('refresh_token') && (scopes.has('offline_access') || client.first_party === true)
}

export function isSenderConstrained(token: { isSenderConstrained(): boolean } | undefined): boolean {
  return token?.isSenderConstrained() === true
}
