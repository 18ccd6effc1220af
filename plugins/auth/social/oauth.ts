/** OAuth 2.0 of providers that issue no ID token: the code is redeemed here, and their API says whose token it is. */
import type { Configuration } from 'openid-client'
import { asCatalogErrors } from './failures.ts'
import type { Authenticated, Protocol, ProtocolContext, Provider, ProviderFetch } from './types.ts'

export interface OauthOptions {
  /** As in `iss` of a callback. @see https://www.rfc-editor.org/rfc/rfc9207 */
  authorizationServer: string
  authorizationEndpoint: string
  tokenEndpoint: string
  /** Changes the responses of the token endpoint into those of the RFC. */
  readTokenResponse?(response: Response): Promise<Response>
  /** Whose access token it is. */
  identify(accessToken: string): Promise<Authenticated>
}

export async function oauthProtocol(
  { clientId, clientSecret, scope, pkce, freshness }: Provider,
  { fetch, timeoutMs }: ProtocolContext,
  options: OauthOptions,
): Promise<Protocol> {
  const client = await import('openid-client')
  const server = {
    issuer: options.authorizationServer,
    authorization_endpoint: options.authorizationEndpoint,
    token_endpoint: options.tokenEndpoint,
  }
  const configuration = new client.Configuration(server, clientId, undefined, client.ClientSecretPost(clientSecret))
  configuration[client.customFetch] = readingTokens(fetch, options)
  configuration.timeout = timeoutMs / 1000
  if (options.tokenEndpoint.startsWith('http:')) client.allowInsecureRequests(configuration)

  async function redeem(
    configuration: Configuration,
    url: URL,
    state?: string,
    verifier?: string,
  ): Promise<Authenticated> {
    return asCatalogErrors(async () => {
      const { access_token } = await client.authorizationCodeGrant(configuration, url, {
        ...(state !== undefined && { expectedState: state }),
        ...(pkce && verifier !== undefined && { pkceCodeVerifier: verifier }),
      })
      return options.identify(access_token)
    })
  }

  return {
    authorizeUrl: async ({ state, verifier, redirectUri, fresh }) =>
      client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope,
        state,
        ...(pkce && {
          code_challenge: await client.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        }),
        ...(fresh && freshness),
      }),
    byCallback: (url, { state, verifier }) => redeem(configuration, url, state, verifier),
    byCode({ code, redirectUri, verifier }) {
      const url = new URL(redirectUri)
      url.searchParams.set('code', code)
      return redeem(configuration, url, undefined, verifier)
    },
  }
}

function readingTokens(fetch: ProviderFetch, { readTokenResponse, tokenEndpoint }: OauthOptions): ProviderFetch {
  return async (url, request) => {
    const response = await fetch(url, request)
    return readTokenResponse && url === tokenEndpoint ? readTokenResponse(response) : response
  }
}

/** Reads JSON of a provider's API. @throws Error, for anything but a JSON object or list */
export async function readJson(response: Response): Promise<Record<string, unknown>> {
  if (response.status !== 200) throw new Error(`the API of the provider responded ${response.status}`)
  const body: unknown = await response.json()
  if (typeof body !== 'object' || body === null) throw new Error('the API of the provider responded without an object')
  return body as Record<string, unknown>
}
