// app.tokens: signs and verifies the service's tokens, by kind. It knows nothing of revocation: `access` and `sessions` check that.
import type { Static } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { type Jwk, publicJwk } from '../../keys/token-keys.ts'
import { ApplicationClaims, MFA_TOKEN_TTL_SECONDS, MfaClaims, OwnClaims, RefreshClaims } from './claims.ts'
import { type TokenCodec, tokenCodec } from './codec.ts'

declare module 'fastify' {
  interface FastifyInstance {
    tokens: {
      access: TokenCodec<Static<typeof OwnClaims>>
      /** Access tokens of applications: for PUBLIC_URL, so that whoever verifies those of our own logins refuses them. */
      application: TokenCodec<ApplicationClaims>
      /** Access tokens of applications for other services, those of OAUTH_RESOURCES. */
      resource: TokenCodec<ApplicationClaims>
      refresh: TokenCodec<RefreshClaims>
      /** The value of a browser's session cookie: the claims of an access token, in a kind of its own. */
      cookie: TokenCodec<Static<typeof OwnClaims>>
      /** The `mfa_token` of a login that waits for its second factor: it opens nothing else. */
      mfa: TokenCodec<MfaClaims>
      /** The public keys: those of access tokens first, newest first. @see https://www.rfc-editor.org/rfc/rfc7517 */
      jwks(): Promise<{ keys: Jwk[] }>
    }
  }
}

export default fp(
  async app => {
    const { ACCESS_TOKEN_TTL_SECONDS, REFRESH_TOKEN_TTL_SECONDS } = app.config
    app.decorate('tokens', {
      access: tokenCodec(app, 'access', OwnClaims, ACCESS_TOKEN_TTL_SECONDS),
      application: tokenCodec(app, 'application', ApplicationClaims, ACCESS_TOKEN_TTL_SECONDS),
      resource: tokenCodec(app, 'resource', ApplicationClaims, ACCESS_TOKEN_TTL_SECONDS),
      refresh: tokenCodec(app, 'refresh', RefreshClaims, REFRESH_TOKEN_TTL_SECONDS),
      cookie: tokenCodec(app, 'cookie', OwnClaims, ACCESS_TOKEN_TTL_SECONDS),
      mfa: tokenCodec(app, 'mfa', MfaClaims, MFA_TOKEN_TTL_SECONDS),
      jwks: async () => ({ keys: (await app.keys.published()).map(publicJwk) }),
    })
  },
  { name: 'tokens', dependencies: ['config', 'keys', 'jwt'] },
)
