import type { Config } from '../../../config/index.ts'
import { openidProtocol } from '../openid.ts'
import type { Provider } from '../types.ts'

/** @see https://developers.google.com/identity/openid-connect/openid-connect */
export function google({
  GOOGLE_CLIENT_ID: clientId,
  GOOGLE_CLIENT_SECRET: clientSecret,
  ...config
}: Config): Provider | undefined {
  if (!clientId || !clientSecret) return undefined
  const { GOOGLE_ISSUER: issuer } = config
  const authorizedParties = config.GOOGLE_AUTHORIZED_PARTIES.split(',')
    .map(party => party.trim())
    .filter(Boolean)

  const provider: Provider = {
    key: 'google',
    name: 'Google',
    issuer,
    clientId,
    clientSecret,
    hosts: [new URL(issuer).hostname],
    scope: 'openid email profile',
    pkce: true,
    freshness: { prompt: 'select_account' },
    load: async context =>
      openidProtocol(
        provider,
        {
          clientAuth: 'client_secret_post',
          nonce: true,
          issuerSpellings: [issuer.replace(/^https?:\/\//, '')],
          authorizedParties,
          hasAuthority,
        },
        context,
      ),
  }
  return provider
}

/**
 * Google verifies other addresses once; whoever owns them later is not asked.
 * @see https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
 */
function hasAuthority(email: string, { hd }: Record<string, unknown>): boolean {
  const domain = email.split('@').at(-1)?.toLowerCase()
  return domain === 'gmail.com' || (typeof hd === 'string' && domain === hd.toLowerCase())
}
