/** What an OpenID provider publishes about itself, and what we make of it. @see https://openid.net/specs/openid-connect-discovery-1_0.html */
import type { Configuration, ServerMetadata } from 'openid-client'
import { errors } from '#schemas/errors.ts'
import { isAllowed } from '../../http/outbound/addresses.ts'
import { asCatalogErrors } from './failures.ts'
import { idTokenVerifier, type VerifyIdToken } from './id-tokens.ts'
import { readJson } from './oauth.ts'
import type { ProtocolContext, Provider, ProviderFetch } from './types.ts'

/** How an OpenID provider differs from others. */
export interface OpenidOptions {
  clientAuth: 'client_secret_post' | 'client_secret_basic'
  /** Does it send the nonce back? If not, only codes are accepted. */
  nonce: boolean
  /** Other spellings of the issuer in ID tokens. */
  issuerSpellings?: string[]
  /** Clients whose ID tokens are accepted if they are issued for us. */
  authorizedParties?: string[]
  /** Is the provider the authority for this verified address? */
  hasAuthority?(email: string, claims: Record<string, unknown>): boolean
}

export interface Discovered {
  client: typeof import('openid-client')
  metadata: ServerMetadata
  /** For our own redirect flow. */
  redirects: Configuration
  /** For codes that applications obtained: `iss` of the callback stays with them. */
  codes: Configuration
  verify: VerifyIdToken
}

/** @throws providerUnavailable */
export async function discover(
  { clientId, clientSecret, hosts, issuer }: Provider,
  options: OpenidOptions,
  context: ProtocolContext,
): Promise<Discovered> {
  const client = await import('openid-client')
  const { allowInsecureRequests, ClientSecretBasic, ClientSecretPost, Configuration } = client
  const auth =
    options.clientAuth === 'client_secret_basic' ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret)
  const insecure = issuer.startsWith('http:')
  const timeout = context.timeoutMs / 1000
  const found = await asCatalogErrors(() =>
    client.discovery(new URL(issuer), clientId, undefined, auth, {
      [client.customFetch]: context.fetch,
      timeout,
      ...(insecure && { execute: [allowInsecureRequests] }),
    }),
  ).catch(error => {
    throw errors.providerUnavailable({ retryAfter: error.retryAfter ?? 5, cause: error })
  })
  const metadata: ServerMetadata = JSON.parse(JSON.stringify(found.serverMetadata()))
  endpoint(metadata.authorization_endpoint, hosts)
  const configure = (server: ServerMetadata) => {
    const configuration = new Configuration(server, clientId, undefined, auth)
    configuration[client.customFetch] = usesApart(options)
      ? idTokenApart(context.fetch, metadata.token_endpoint)
      : context.fetch
    configuration.timeout = timeout
    if (insecure) allowInsecureRequests(configuration)
    return configuration
  }
  const { authorization_response_iss_parameter_supported: _, ...withoutIss } = metadata
  return {
    client,
    metadata,
    redirects: configure(metadata),
    codes: configure(withoutIss),
    verify: await idTokenVerifier({
      issuers: [metadata.issuer, ...(options.issuerSpellings ?? [])],
      clientId,
      authorizedParties: options.authorizedParties ?? [],
      jwksUri: endpoint(metadata.jwks_uri, hosts),
      algorithms: metadata.id_token_signing_alg_values_supported ?? ['RS256'],
      fetch: context.fetch,
    }),
  }
}

/** @throws providerUnavailable for an endpoint that is none, or where neither we nor a browser should go */
function endpoint(text: string | undefined, hosts: readonly string[]): string {
  const url = URL.parse(text ?? '')
  if (url && isAllowed(url, hosts)) return url.href
  throw errors.providerUnavailable({
    retryAfter: 60,
    cause: new Error('metadata with an endpoint that is not allowed'),
  })
}

/** Where ID tokens may have several spellings of the issuer. */
export const usesApart = ({ issuerSpellings }: OpenidOptions) => issuerSpellings !== undefined

export const APART = 'id_token_apart'

/**
 * The library knows one spelling of an issuer. Where ID tokens may have others, it gets them under a name that it does not know, and `verify`, which knows
 * all spellings, alone judges them.
 */
function idTokenApart(fetch: ProviderFetch, tokenEndpoint: string | undefined): ProviderFetch {
  return async (url, request) => {
    const response = await fetch(url, request)
    if (url !== tokenEndpoint || response.status !== 200) return response
    const { id_token, ...rest } = await readJson(response)
    return Response.json({ ...rest, [APART]: id_token })
  }
}
