import type { Config } from '../../../config/index.ts'
import { oauthProtocol, readJson } from '../oauth.ts'
import type { Authenticated, Provider, ProviderFetch } from '../types.ts'

/** Pages of addresses that are read, of 100 each. */
const PAGES_MAX = 5

interface Address {
  email?: unknown
  primary?: unknown
  verified?: unknown
}

/**
 * No OpenID provider: the identity is the numeric id at its API. Only the primary address counts, and only if it is verified; the profile may show any.
 * @see https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 */
export function github({
  GITHUB_CLIENT_ID: clientId,
  GITHUB_CLIENT_SECRET: clientSecret,
  ...config
}: Config): Provider | undefined {
  if (!clientId || !clientSecret) return undefined
  const [base, api] = [config.GITHUB_BASE_URL, config.GITHUB_API_URL].map(withoutSlash)
  if (!base || !api) return undefined
  const issuer = base

  const provider: Provider = {
    key: 'github',
    name: 'GitHub',
    issuer,
    clientId,
    clientSecret,
    hosts: [base, api].map(url => new URL(url).hostname),
    scope: 'read:user user:email',
    pkce: true,
    freshness: { prompt: 'select_account' },
    load: context =>
      oauthProtocol(provider, context, {
        authorizationServer: `${base}/login/oauth`,
        authorizationEndpoint: `${base}/login/oauth/authorize`,
        tokenEndpoint: `${base}/login/oauth/access_token`,
        readTokenResponse,
        identify: accessToken => identify(context.fetch, accessToken),
      }),
  }
  return provider

  async function identify(fetch: ProviderFetch, access_token: string): Promise<Authenticated> {
    const headers = { authorization: `Bearer ${access_token}`, accept: 'application/vnd.github+json' }
    const { id, name, login } = await readJson(await fetch(`${api}/user`, { headers }))
    if (!Number.isSafeInteger(id)) throw new Error('the profile has no id')
    const email = await primaryAddress(fetch, headers)
    return {
      identity: {
        provider: 'github',
        issuer,
        subject: String(id),
        email: email ?? null,
        emailVerified: email !== undefined,
        name: typeof name === 'string' && name !== '' ? name : typeof login === 'string' ? login : null,
        tokens: { access_token },
      },
    }
  }

  async function primaryAddress(fetch: ProviderFetch, headers: Record<string, string>): Promise<string | undefined> {
    for (let page = 1; page <= PAGES_MAX; page++) {
      const response = await fetch(`${api}/user/emails?per_page=100&page=${page}`, { headers })
      // The user did not grant it, or the application may not read addresses.
      if (response.status === 403 || response.status === 404) return undefined
      const addresses = await readJson(response)
      const primary = Object.values(addresses).find((each): each is Address => isAddress(each) && each.primary === true)
      if (primary) return primary.verified === true && typeof primary.email === 'string' ? primary.email : undefined
      if (!response.headers.get('link')?.includes('rel="next"')) return undefined
    }
    return undefined
  }
}

/** Errors come with the status 200. */
async function readTokenResponse(response: Response): Promise<Response> {
  if (response.status !== 200) return response
  const body = await readJson(response)
  return Response.json(body, { status: 'error' in body ? 400 : 200 })
}

const isAddress = (value: unknown): value is Address => typeof value === 'object' && value !== null
const withoutSlash = (url: string) => url.replace(/\/$/, '')
