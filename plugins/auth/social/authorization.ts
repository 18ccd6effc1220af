/** What OAuth and OpenID have in common: the way to the provider, and the code that comes back. */
import type { Configuration } from 'openid-client'
import type { FlowChecks, Provider } from './types.ts'

type Client = typeof import('openid-client')

/** @param more parameters that only the protocol has */
export async function authorizationUrl(
  client: Client,
  configuration: Configuration,
  { scope, pkce, freshness }: Provider,
  { state, verifier, redirectUri, fresh }: FlowChecks,
  more: Record<string, string> = {},
): Promise<URL> {
  return client.buildAuthorizationUrl(configuration, {
    redirect_uri: redirectUri,
    scope,
    state,
    ...more,
    ...(pkce && {
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }),
    ...(fresh && freshness),
  })
}

/** The callback as the application received it: of what it had, only the code counts. */
export function callbackWith(redirectUri: string, code: string): URL {
  const url = new URL(redirectUri)
  url.searchParams.set('code', code)
  return url
}
