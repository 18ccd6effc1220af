/** OpenID Connect: authorization code flow, and ID tokens that applications got themselves. */
import type { Configuration } from 'openid-client'
import { cached } from '../../http/cached-responses/cached.ts'
import { authorizationUrl, callbackWith } from './authorization.ts'
import { APART, discover, type OpenidOptions, usesApart } from './discovery.ts'
import { asCatalogErrors } from './failures.ts'
import { FLOW_TTL_SECONDS } from './flows.ts'
import type { IdTokenClaims } from './id-tokens.ts'
import type { Authenticated, FlowChecks, Protocol, ProtocolContext, Provider, ProviderTokens } from './types.ts'
import { consumptionOf } from './used-once.ts'

/** Metadata changes rarely (ms). */
const METADATA_TTL_MS = 86_400_000

export function openidProtocol(provider: Provider, options: OpenidOptions, context: ProtocolContext): Protocol {
  const { freshness, issuer, pkce } = provider
  const discovered = cached(() => discover(provider, options, context), METADATA_TTL_MS)
  const apart = usesApart(options)

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
    async authorizeUrl(checks) {
      const { client, redirects } = await discovered()
      return authorizationUrl(client, redirects, provider, checks, options.nonce ? { nonce: checks.nonce } : {})
    },
    byCallback: async (url, checks) => redeem((await discovered()).redirects, url, checks),
    async byCode({ code, redirectUri, verifier, nonce, fresh }) {
      return redeem((await discovered()).codes, callbackWith(redirectUri, code), {
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
