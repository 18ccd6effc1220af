import {
  type ClientMetadata,
  DEVICE_CODE,
  type NewOAuthClient,
  type OAuthClient,
  type OAuthClientUpdate,
} from '#schemas/oauth-clients.ts'
import type { OAuthClientRow } from '#sql/oauth-clients.ts'
import type { LogoutTarget } from '#sql/oauth-logouts.ts'
import type { RegisteredClient } from './types.ts'

/** Adds the defaults of RFC 7591 and our own. @see https://www.rfc-editor.org/rfc/rfc7591#section-2 */
export function complete(given: NewOAuthClient): ClientMetadata {
  const { grant_types = ['authorization_code'] } = given
  return {
    redirect_uris: [],
    post_logout_redirect_uris: [],
    grant_types,
    response_types: grant_types.includes('authorization_code') ? ['code'] : [],
    token_endpoint_auth_method: 'client_secret_basic',
    application_type: 'web',
    id_token_signed_response_alg: 'RS256',
    backchannel_logout_session_required: false,
    require_pkce: true,
    first_party: false,
    dpop_bound_access_tokens: false,
    ...scopeFor(grant_types),
    ...given,
  }
}

/** Whether any of these grants authenticates a user. */
export function authenticateUsers(grants: ClientMetadata['grant_types']): boolean {
  return grants.includes('authorization_code') || grants.includes(DEVICE_CODE) || grants.includes('password')
}

function scopeFor(grants: ClientMetadata['grant_types']): Pick<ClientMetadata, 'scope'> {
  if (!authenticateUsers(grants)) return {}
  const offline = grants.includes('refresh_token') ? ' offline_access' : ''
  return { scope: `openid profile email${offline}` }
}

/** A merge patch: `null` restores a member's default. @see https://www.rfc-editor.org/rfc/rfc7396 */
export function merge({ response_types, ...before }: ClientMetadata, changes: OAuthClientUpdate): ClientMetadata {
  const members = Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null)
  return complete(Object.fromEntries(members) as NewOAuthClient)
}

/** Response types are not stored: they follow from the grant types. */
export function toColumns({ client_name, response_types, ...others }: ClientMetadata) {
  return { name: client_name, metadata: JSON.stringify(others) }
}

export function fromRow({ name, metadata, ...row }: OAuthClientRow): RegisteredClient {
  return { ...row, metadata: complete({ ...JSON.parse(metadata), client_name: name }) }
}

export function serialize(client: RegisteredClient): OAuthClient {
  const { client_id, metadata, created_at, updated_at } = client
  return {
    client_id,
    ...metadata,
    created: new Date(created_at).toISOString(),
    updated: new Date(updated_at).toISOString(),
    previous_secret_expires: previousSecretExpires(client),
  }
}

/** Where logout tokens go, and how they are signed; undefined without back-channel logout. */
export function logoutTargetOf({ metadata }: RegisteredClient): LogoutTarget | undefined {
  const { backchannel_logout_uri: uri, id_token_signed_response_alg: alg } = metadata
  return uri === undefined ? undefined : { uri, alg }
}

/** Null once it has expired. */
export function previousSecretExpires({ previous_secret_expires_at: time }: RegisteredClient): string | null {
  return time !== null && time > Date.now() ? new Date(time).toISOString() : null
}
