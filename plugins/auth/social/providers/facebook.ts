import { createHmac } from 'node:crypto'
import type { Config } from '../../../config/index.ts'
import { asCatalogErrors } from '../failures.ts'
import { oauthProtocol, readJson } from '../oauth.ts'
import { openidProtocol } from '../openid.ts'
import type { Authenticated, Provider, ProviderFetch } from '../types.ts'

/**
 * Codes and access tokens by its Graph API, ID tokens of Limited Login as OpenID. Its address never links: Facebook does not say that it is verified.
 * @see https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
 * @see https://developers.facebook.com/docs/facebook-login/limited-login/token/validating
 */
export function facebook({
  FACEBOOK_CLIENT_ID: clientId,
  FACEBOOK_CLIENT_SECRET: clientSecret,
  ...config
}: Config): Provider | undefined {
  if (!clientId || !clientSecret) return undefined
  const { FACEBOOK_ISSUER: issuer } = config
  const api = config.FACEBOOK_API_URL.replace(/\/$/, '')
  const secret = clientSecret

  const provider: Provider = {
    key: 'facebook',
    name: 'Facebook',
    issuer,
    clientId,
    clientSecret,
    hosts: [issuer, api].map(url => new URL(url).hostname),
    scope: 'public_profile email',
    pkce: true,
    freshness: { auth_type: 'reauthenticate' },
    async load(context) {
      const { byIdToken } = openidProtocol(
        provider,
        { clientAuth: 'client_secret_post', nonce: true, hasAuthority: () => false },
        context,
      )
      const codes = await oauthProtocol(provider, context, {
        authorizationServer: issuer,
        authorizationEndpoint: `${issuer}/${api.split('/').at(-1)}/dialog/oauth`,
        tokenEndpoint: `${api}/oauth/access_token`,
        identify: accessToken => identify(context.fetch, accessToken),
      })
      return {
        ...codes,
        ...(byIdToken && { byIdToken }),
        byAccessToken: accessToken => asCatalogErrors(() => identify(context.fetch, accessToken)),
      }
    },
  }
  return provider

  /** A token of another app opens nothing here: Facebook says to which app it was issued. */
  async function identify(fetch: ProviderFetch, access_token: string): Promise<Authenticated> {
    const { data } = await readJson(
      await fetch(`${api}/debug_token?${new URLSearchParams({ input_token: access_token })}`, {
        headers: { authorization: `Bearer ${clientId}|${secret}` },
      }),
    )
    const { app_id, is_valid, type, user_id } = Object(data) as Record<string, unknown>
    if (app_id !== clientId || is_valid !== true || type !== 'USER' || typeof user_id !== 'string' || user_id === '')
      throw new Error('the access token was issued to another app, or is no longer valid')
    const query = { fields: 'id,name,email', appsecret_proof: proofOf(access_token) }
    const { id, name, email } = await readJson(
      await fetch(`${api}/me?${new URLSearchParams(query)}`, { headers: { authorization: `Bearer ${access_token}` } }),
    )
    if (id !== user_id) throw new Error('the profile belongs to another user')
    return {
      identity: {
        provider: 'facebook',
        issuer,
        subject: user_id,
        email: typeof email === 'string' && email !== '' ? email : null,
        emailVerified: false,
        name: typeof name === 'string' ? name : null,
        tokens: { access_token },
      },
    }
  }

  /** @see https://developers.facebook.com/docs/graph-api/guides/secure-requests */
  function proofOf(accessToken: string): string {
    return createHmac('sha256', secret).update(accessToken).digest('hex')
  }
}
