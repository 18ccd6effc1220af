/** What an application has before it asks for tokens: codes and a refresh token, as if a person had allowed it. */
import { createHash } from 'node:crypto'
import type { Provider } from 'oidc-provider'

type Client = NonNullable<Awaited<ReturnType<Provider['Client']['find']>>>

interface Options {
  provider: Provider
  client: Client
  resource: string
  accountId: string
  /** @returns the id that the grant must have, if it must have one */
  openGrant(): Promise<string | undefined>
}

export interface Granted {
  codes: string[]
  refreshToken: string
  /** Opaque, as one for OpenID Connect alone is. */
  accessToken: string
}

const VERIFIER = 'v'.repeat(43)
export const REDIRECT_URI = 'https://bench.example/callback'
export const codeVerifier = VERIFIER

/** @returns a function that makes this many codes, each of a grant of its own, and one refresh token */
export function tokenRequests({ provider, client, resource, accountId, openGrant }: Options) {
  const { AccessToken, AuthorizationCode, Grant, RefreshToken } = provider
  const scope = 'openid offline_access films:read'
  const common = { accountId, client, scope, resource, authTime: Math.floor(Date.now() / 1000) }

  async function newGrant(): Promise<string> {
    const grant = new Grant({ accountId, clientId: client.clientId })
    const id = await openGrant()
    if (id) grant.jti = id
    grant.addOIDCScope('openid offline_access')
    grant.addResourceScope(resource, 'films:read')
    return grant.save()
  }

  async function newCode(): Promise<string> {
    const code = new AuthorizationCode({
      ...common,
      grantId: await newGrant(),
      gty: 'authorization_code',
      redirectUri: REDIRECT_URI,
      codeChallenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      codeChallengeMethod: 'S256',
    })
    return code.save()
  }

  let kept: Promise<Omit<Granted, 'codes'>> | undefined
  async function keep(): Promise<Omit<Granted, 'codes'>> {
    const grantId = await newGrant()
    const refreshToken = await new RefreshToken({ ...common, grantId, gty: 'authorization_code' }).save()
    const accessToken = await new AccessToken({ ...common, grantId, gty: 'authorization_code', scope: 'openid' }).save()
    return { refreshToken, accessToken }
  }

  return async (count: number): Promise<Granted> => {
    kept ??= keep()
    const codes: string[] = []
    for (let i = 0; i < count; i++) codes.push(await newCode())
    return { codes, ...(await kept) }
  }
}
