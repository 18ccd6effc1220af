/** OpenID Connect: authorization code flow, and ID tokens that applications got themselves. */
import type { Configuration, ServerMetadata } from 'openid-client'
import { errors } from '#schemas/errors.ts'
import { isAllowed } from './addresses.ts'
import { cached } from './cached.ts'
import { asCatalogErrors } from './failures.ts'
import { FLOW_TTL_SECONDS } from './flows.ts'
import { type IdTokenClaims, idTokenVerifier, type VerifyIdToken } from './id-tokens.ts'
import { readJson } from './oauth.ts'
import type {
  Authenticated,
  FlowChecks,
  Protocol,
  ProtocolContext,
  Provider,
  ProviderFetch,
  ProviderTokens,
} from './types.ts'
import { consumptionOf } from './used-once.ts'

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

interface Discovered {
  client: typeof import('openid-client')
  metadata: ServerMetadata
  /** For our own redirect flow. */
  redirects: Configuration
  /** For codes that applications obtained: `iss` of the callback stays with them. */
  codes: Configuration
  verify: VerifyIdToken
}

/** Metadata changes rarely (ms). */
const METADATA_TTL_MS = 86_400_000

export function openidProtocol(provider: Provider, options: OpenidOptions, context: ProtocolContext): Protocol {
  const { clientId, clientSecret, freshness, hosts, issuer, pkce } = provider
  const discovered = cached(discover, METADATA_TTL_MS)
  const apart = options.issuerSpellings !== undefined

  async function discover(): Promise<Discovered> {
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
    endpoint(metadata.authorization_endpoint)
    const configure = (server: ServerMetadata) => {
      const configuration = new Configuration(server, clientId, undefined, auth)
      configuration[client.customFetch] = apart ? idTokenApart(context.fetch, metadata.token_endpoint) : context.fetch
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
        jwksUri: endpoint(metadata.jwks_uri),
        algorithms: metadata.id_token_signing_alg_values_supported ?? ['RS256'],
        fetch: context.fetch,
      }),
    }
  }

  /** @throws providerUnavailable for an endpoint that is none, or where neither we nor a browser should go */
  function endpoint(text: string | undefined): string {
    const url = URL.parse(text ?? '')
    if (url && isAllowed(url, hosts)) return url.href
    throw errors.providerUnavailable({
      retryAfter: 60,
      cause: new Error('metadata with an endpoint that is not allowed'),
    })
  }

  /** Seconds since the authentication, where the provider has to say when it was. */
  const maxAgeIf = (fresh: boolean | undefined) =>
    fresh && freshness.max_age !== undefined ? FLOW_TTL_SECONDS : undefined

  async function redeem(
    configuration: Configuration,
    url: URL,
    { state, nonce, verifier, fresh }: Partial<FlowChecks>,
  ): Promise<Authenticated> {
    const { client, metadata, verify } = await discovered()
    const maxAge = maxAgeIf(fresh)
    const expectedNonce = options.nonce ? nonce : undefined
    return asCatalogErrors(async () => {
      const tokens = await client.authorizationCodeGrant(configuration, url, {
        ...(state !== undefined && { expectedState: state }),
        ...(pkce && verifier !== undefined && { pkceCodeVerifier: verifier }),
        ...(!apart && {
          idTokenExpected: true,
          ...(expectedNonce !== undefined && { expectedNonce }),
          ...(maxAge !== undefined && { maxAge }),
        }),
      })
      const id_token = apart ? tokens[APART] : tokens.id_token
      const claims = await verify(String(id_token), expectedNonce, maxAge)
      if (claims.email !== undefined || metadata.userinfo_endpoint === undefined) return authenticated(claims, tokens)
      const profile = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
      // What the ID token says of no address says nothing of this one.
      const { email_verified: _, ...others } = claims
      return authenticated({ ...profile, ...others }, tokens)
    })
  }

  function authenticated(claims: IdTokenClaims, tokens: ProviderTokens): Authenticated {
    const { sub: subject, email, email_verified, name, auth_time } = claims
    const address = typeof email === 'string' && email !== '' ? email : null
    const { access_token, refresh_token, id_token } = tokens
    return {
      identity: {
        provider: provider.key,
        issuer,
        subject,
        email: address,
        // Google and LinkedIn have sent it as a text.
        emailVerified:
          address !== null &&
          (email_verified === true || email_verified === 'true') &&
          (options.hasAuthority?.(address, claims) ?? true),
        name: typeof name === 'string' ? name : null,
        tokens: {
          ...(access_token && { access_token }),
          ...(refresh_token && { refresh_token }),
          ...(id_token && { id_token }),
        },
      },
      ...(typeof auth_time === 'number' && { authTime: auth_time * 1000 }),
    }
  }

  return {
    async authorizeUrl({ state, nonce, verifier, redirectUri, fresh }) {
      const { client, redirects } = await discovered()
      return client.buildAuthorizationUrl(redirects, {
        redirect_uri: redirectUri,
        scope: provider.scope,
        state,
        ...(options.nonce && { nonce }),
        ...(pkce && {
          code_challenge: await client.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        }),
        ...(fresh && freshness),
      })
    },
    byCallback: async (url, checks) => redeem((await discovered()).redirects, url, checks),
    async byCode({ code, redirectUri, verifier, nonce, fresh }) {
      const url = new URL(redirectUri)
      url.searchParams.set('code', code)
      return redeem((await discovered()).codes, url, {
        ...(verifier !== undefined && { verifier }),
        ...(nonce !== undefined && { nonce }),
        fresh,
      })
    },
    ...(options.nonce && {
      async byIdToken(idToken: string, nonce: string, fresh?: boolean) {
        const { verify } = await discovered()
        const claims = await verify(idToken, nonce, maxAgeIf(fresh))
        const expires = (claims.exp + 120) * 1000
        return {
          ...authenticated(claims, { id_token: idToken }),
          once: consumptionOf('id token', `${issuer} ${claims.sub} ${claims.iat} ${nonce}`, expires),
        }
      },
    }),
  }
}

const APART = 'id_token_apart'

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
