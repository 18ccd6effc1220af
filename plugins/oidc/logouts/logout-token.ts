import type { FastifyInstance } from 'fastify'
import type { OAuthLogout } from '#sql/oauth-logouts.ts'
import { signToken } from '../../keys/sign-token.ts'

/** Seconds. */
const LIFETIME = 120

/**
 * Signs logout tokens by the algorithm of the application's ID tokens. Each attempt has the same `jti`, so that an application can tell what it was
 * told before.
 * @see https://openid.net/specs/openid-connect-backchannel-1_0.html#LogoutToken
 */
export function logoutTokens(app: FastifyInstance) {
  return ({ alg, client_id, session_id, user_id }: OAuthLogout): Promise<string> =>
    signToken(
      app,
      { alg, typ: 'logout+jwt' },
      {
        sid: session_id,
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        aud: client_id,
        sub: String(user_id),
        exp: Math.floor(Date.now() / 1000) + LIFETIME,
        jti: `logout.${session_id}`,
      },
    )
}
