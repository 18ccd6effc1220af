/** OAuth 2.0 of providers that issue no ID token: the code is redeemed here, and their API says whose token it is. */
import { authorizationUrl, callbackWith } from './authorization.ts'
import { asCatalogErrors } from './failures.ts'
import type { Authenticated, Protocol, ProtocolContext, Provider, ProviderFetch } from './types.ts'

export interface OAuthOptions {
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
  provider: Provider,
  { fetch, timeoutMs }: ProtocolContext,
  options: OAuthOptions,
): Promise<Protocol> {
  const { clientId, clientSecret, pkce } = provider
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

  async function redeem(url: URL, state?: string, verifier?: string): Promise<Authenticated> {
    return asCatalogErrors(async () => {
      const { access_token } = await client.authorizationCodeGrant(configuration, url, {
        ...(state !== undefined && { expectedState: state }),
        ...(pkce && verifier !== undefined && { pkceCodeVerifier: verifier }),
      })
      return options.identify(access_token)
    })
  }

  return {
    authorizeUrl: checks => authorizationUrl(client, configuration, provider, checks),
    byCallback: (url, { state, verifier }) => redeem(url, state, verifier),
    byCode: ({ code, redirectUri, verifier }) => redeem(callbackWith(redirectUri, code), undefined, verifier),
  }
}

function readingTokens(fetch: ProviderFetch, { readTokenResponse, tokenEndpoint }: OAuthOptions): ProviderFetch {
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
