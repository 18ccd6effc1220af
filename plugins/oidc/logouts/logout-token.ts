import { createPrivateKey } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { OAuthLogout } from '#sql/oauth-logouts.ts'

/** Seconds. */
const LIFETIME = 120

/**
 * Signs logout tokens by the algorithm of the application's ID tokens. Each attempt has the same `jti`, so that an application can tell what it was
 * told before.
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken
 */
export function logoutTokens({ config, keys }: FastifyInstance) {
  return async ({ alg, client_id, session_id, user_id }: OAuthLogout): Promise<string> => {
    const key = (await keys.published()).find(key => key.alg === alg)
    if (!key) throw new Error(`no key for ${alg}`)
    // Loaded when a session of an application first ends.
    const { SignJWT } = await import('jose')
    return new SignJWT({ sid: session_id, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } })
      .setProtectedHeader({ alg, kid: key.kid, typ: 'logout+jwt' })
      .setIssuer(config.PUBLIC_URL)
      .setAudience(client_id)
      .setSubject(String(user_id))
      .setIssuedAt()
      .setExpirationTime(`${LIFETIME}s`)
      .setJti(`logout.${session_id}`)
      .sign(createPrivateKey(key.private))
  }
}
