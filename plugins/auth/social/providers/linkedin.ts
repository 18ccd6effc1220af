import type { Config } from '../../../config/index.ts'
import { openidProtocol } from '../openid.ts'
import type { Provider } from '../types.ts'

/**
 * Sends no nonce back, so only its codes are accepted; refuses a code verifier unless LinkedIn has enabled PKCE for the application.
 * @see https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2
 */
export function linkedin({
  LINKEDIN_CLIENT_ID: clientId,
  LINKEDIN_CLIENT_SECRET: clientSecret,
  LINKEDIN_ISSUER: issuer,
}: Config): Provider | undefined {
  if (!clientId || !clientSecret) return undefined
  const provider: Provider = {
    key: 'linkedin',
    name: 'LinkedIn',
    issuer,
    clientId,
    clientSecret,
    hosts: [new URL(issuer).hostname],
    scope: 'openid profile email',
    pkce: false,
    freshness: {},
    load: async context => openidProtocol(provider, { clientAuth: 'client_secret_post', nonce: false }, context),
  }
  return provider
}
