/** Makes registered applications available to the library. */
import type { FastifyInstance } from 'fastify'
import type { ClientMetadata, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { RegisteredClient, Secrets } from '../clients/types.ts'
import { openidScopes, resourceScopes } from './scopes.ts'

/** Client metadata that the library does not define. */
export const CLIENT_METADATA = ['first_party', 'require_pkce', 'resource_scopes', 'secrets', 'session_id']

/** The client's metadata for the library, which gets the hash of its secret as a placeholder. */
export function clientFinder({ config, oauthClients }: FastifyInstance) {
  return async (clientId: string): Promise<ClientMetadata | undefined> => {
    const client = await oauthClients.find(clientId)
    if (!client) return undefined
    const { metadata, session_id, secret_hash, previous_secret_hash, previous_secret_expires_at } = client
    const resource_scopes = resourceScopes(metadata.scope)
    // The library knows the scopes of OpenID Connect only.
    const scope = openidScopes(metadata.scope).join(' ') || undefined
    const secrets: Secrets = { secret_hash, previous_secret_hash, previous_secret_expires_at }
    // While PASSWORD_GRANT is off the library does not know the grant, and would reject every client that is registered for it.
    const takesPasswords = config.PASSWORD_GRANT && metadata.first_party
    const grant_types = metadata.grant_types.filter(grant => grant !== 'password' || takesPasswords)
    const ours = { client_id: clientId, grant_types, scope, resource_scopes, secrets, session_id }
    return { ...metadata, ...ours, ...(secret_hash && { client_secret: secret_hash }) }
  }
}

/** Caches clients for as long as their registration is unchanged: the library would hash all of a client's metadata to find that out. */
export function cacheClients({ Client }: Provider, { oauthClients }: FastifyInstance): void {
  const made = new WeakMap<RegisteredClient, Awaited<ReturnType<typeof Client.find>>>()
  const make = Client.find.bind(Client)
  Client.find = async (id, ...rest) => {
    const registered = typeof id === 'string' ? await oauthClients.find(id) : undefined
    if (!registered) return undefined
    const cached = made.get(registered)
    if (cached) return cached
    const client = await make(id, ...rest)
    // Registered for no scope of OpenID Connect: the library takes an empty list as all of them.
    if (client) made.set(registered, Object.assign(client, { scope: client.scope || ' ' }))
    return client
  }
}

/**
 * Turns off the library's own logout tokens, which it sends for RP-initiated logouts only: ours (plugins/oidc/logouts) are sent however a session ended. ID tokens
 * always have the `sid` that logout tokens refer to.
 */
export function disableLibraryLogoutTokens({ Client }: Provider): void {
  Object.assign(Client.prototype, { backchannelLogout: async () => {}, includeSid: () => true })
}

/** Secrets are verified against our hashes: the library would compare with the placeholder. */
export function compareSecretsByHash({ Client }: Provider, { oauthClients }: FastifyInstance): void {
  Client.prototype.compareClientSecret = async function (this: { secrets: Secrets }, presented: string) {
    return oauthClients.verifySecret(this.secrets, presented)
  }
}

/** Limits grants to the scopes that an application is registered for now, even if users have allowed more before. */
export function limitGrantsToRegisteredScopes(
  { Grant }: Provider,
  current: () => KoaContextWithOIDC | undefined,
): void {
  const { getOIDCScopeFiltered } = Grant.prototype
  Grant.prototype.getOIDCScopeFiltered = function (filter) {
    const registered = current()?.oidc.client?.scope?.split(' ') ?? []
    return getOIDCScopeFiltered.call(this, new Set(registered).intersection(new Set(filter)))
  }
}
