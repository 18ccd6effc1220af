import type { Config } from '../../../config/index.ts'
import { parseOidcProviders } from '../../../config/oidc-providers.ts'
import { openidProtocol } from '../openid.ts'
import type { Provider } from '../types.ts'

/** The providers of OIDC_PROVIDERS. */
export function oidc({ OIDC_PROVIDERS }: Config): Provider[] {
  if (!OIDC_PROVIDERS) return []
  return parseOidcProviders(OIDC_PROVIDERS).map(([key, settings]) => {
    const { issuer, client_id, client_secret, authorized_parties: authorizedParties = [] } = settings
    const clientAuth = settings.token_endpoint_auth_method ?? 'client_secret_basic'
    const provider: Provider = {
      key,
      name: settings.name ?? key,
      issuer,
      clientId: client_id,
      clientSecret: client_secret,
      hosts: [new URL(issuer).hostname],
      scope: settings.scope ?? 'openid email profile',
      pkce: settings.pkce ?? true,
      freshness: { prompt: 'login', max_age: '0' },
      load: async context => openidProtocol(provider, { clientAuth, nonce: true, authorizedParties }, context),
    }
    return provider
  })
}
