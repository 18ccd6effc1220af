/** What the schema of a client cannot express: which values are safe, and which members go together. */
import { type CatalogError, errors, type Thrower } from '#schemas/errors.ts'
import type { ClientMetadata } from '#schemas/oauth-clients.ts'
import { problemOfUrl } from '../../http/outbound/urls.ts'
import { problemOfKey } from './keys.ts'
import { authenticateUsers } from './metadata.ts'
import { problemOfRedirectUri } from './uris.ts'

const URLS = ['backchannel_logout_uri', 'client_uri', 'jwks_uri', 'policy_uri', 'tos_uri'] as const

interface Environment {
  /** Allows `http` on loopback hosts. */
  development: boolean
  scopes: ReadonlySet<string>
  /** Those that no user can allow. */
  ownScopes: ReadonlySet<string>
}

type Problem = [member: string, problem: string, uri?: string]

/** @throws redirectUriInvalid, clientMetadataInvalid; the first problem decides */
export function assertValid(client: ClientMetadata, { development, scopes, ownScopes }: Environment): void {
  const [redirect] = problemsOfRedirects(client, development)
  if (redirect) throw invalid(errors.redirectUriInvalid, redirect)
  const [problem] = [
    ...problemsOfMembers(client, development),
    ...contradictions(client),
    ...unknownScopes(client, scopes),
    ...unusableScopes(client, ownScopes),
  ]
  if (problem) throw invalid(errors.clientMetadataInvalid, problem)
}

function* problemsOfRedirects(client: ClientMetadata, development: boolean): Iterable<Problem> {
  const native = client.application_type === 'native'
  for (const member of ['redirect_uris', 'post_logout_redirect_uris'] as const)
    for (const [i, uri] of client[member].entries()) {
      const problem = problemOfRedirectUri(uri, { native, development })
      if (problem) yield [`${member}/${i}`, problem, uri]
    }
}

function* problemsOfMembers(client: ClientMetadata, development: boolean): Iterable<Problem> {
  for (const member of URLS) {
    const problem = client[member] === undefined ? undefined : problemOfUrl(client[member], { loopback: development })
    if (problem) yield [member, problem]
  }
  for (const [i, key] of (client.jwks?.keys ?? []).entries()) {
    const problem = problemOfKey(key)
    if (problem) yield [`jwks/keys/${i}`, problem]
  }
}

function* contradictions(client: ClientMetadata): Iterable<Problem> {
  const grants = new Set<string>(client.grant_types)
  const isPublic = client.token_endpoint_auth_method === 'none'
  const hasKeys = client.jwks !== undefined || client.jwks_uri !== undefined

  if (grants.has('authorization_code') && client.redirect_uris.length === 0)
    yield ['redirect_uris', 'must have one for the grant authorization_code']
  if (grants.has('refresh_token') && !authenticateUsers(client.grant_types))
    yield ['grant_types', 'must include a grant that authenticates users besides refresh_token']
  if (grants.has('authorization_code') !== client.response_types.includes('code'))
    yield ['response_types', 'must be code with the grant authorization_code, and empty without it']
  if (grants.has('password') && !client.first_party)
    yield ['grant_types', 'must include password for first-party applications only']
  if (grants.has('password') && client.dpop_bound_access_tokens)
    yield ['dpop_bound_access_tokens', 'must be false with the grant password, which binds no tokens']
  if (isPublic && grants.has('client_credentials'))
    yield ['grant_types', 'must not include client_credentials for a client without credentials']
  if (isPublic && !client.require_pkce) yield ['require_pkce', 'must be true for a public client']
  if (client.token_endpoint_auth_method === 'private_key_jwt' && !hasKeys)
    yield ['token_endpoint_auth_method', 'needs jwks or jwks_uri']
  if (client.jwks && client.jwks_uri !== undefined) yield ['jwks_uri', 'must not be given together with jwks']
  if (client.backchannel_logout_session_required && client.backchannel_logout_uri === undefined)
    yield ['backchannel_logout_session_required', 'needs a backchannel_logout_uri']
  if (client.scope && new Set(client.scope.split(' ')).size < client.scope.split(' ').length)
    yield ['scope', 'must not name a scope twice']
}

/** A misspelled scope would be missing from tokens silently. */
function* unknownScopes({ scope = '' }: ClientMetadata, scopes: ReadonlySet<string>): Iterable<Problem> {
  for (const name of scope.split(' ').filter(Boolean))
    if (!scopes.has(name)) yield ['scope', `must name none but ${[...scopes].join(', ')}: ${name} is unknown`]
}

/** Of an application that never acts by itself. */
function* unusableScopes(
  { scope = '', grant_types }: ClientMetadata,
  ownScopes: ReadonlySet<string>,
): Iterable<Problem> {
  if (grant_types.includes('client_credentials')) return
  for (const name of scope.split(' '))
    if (ownScopes.has(name)) yield ['scope', `must name ${name} with the grant client_credentials only`]
}

function invalid(entry: Thrower, [field, problem, uri]: Problem): CatalogError {
  return entry({ details: { in: 'body', field, problem, ...(uri !== undefined && { uri }) } })
}
