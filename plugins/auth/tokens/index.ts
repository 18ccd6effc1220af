// app.tokens: signs and verifies the service's tokens, by kind. It knows nothing of revocation: `access` and `sessions` check that.
import fp from 'fastify-plugin'
import { type Jwk, publicJwk } from '../../keys/token-keys.ts'
import { AccessClaims, MFA_TOKEN_TTL_SECONDS, MfaClaims, RefreshClaims } from './claims.ts'
import { type TokenCodec, tokenCodec } from './codec.ts'

declare module 'fastify' {
  interface FastifyInstance {
    tokens: {
      access: TokenCodec<AccessClaims>
      refresh: TokenCodec<RefreshClaims>
      /** The value of a browser's session cookie: the claims of an access token, in a kind of its own. */
      cookie: TokenCodec<AccessClaims>
      /** The `mfa_token` of a login that waits for its second factor: it opens nothing else. */
      mfa: TokenCodec<MfaClaims>
      /** The public keys of access tokens, newest first. @see https://www.rfc-editor.org/rfc/rfc7517 */
      jwks: { keys: Jwk[] }
    }
  }
}

export default fp(
  async app => {
    const { ACCESS_TOKEN_TTL_SECONDS, REFRESH_TOKEN_TTL_SECONDS } = app.config
    app.decorate('tokens', {
      access: tokenCodec(app, 'access', AccessClaims, ACCESS_TOKEN_TTL_SECONDS),
      refresh: tokenCodec(app, 'refresh', RefreshClaims, REFRESH_TOKEN_TTL_SECONDS),
      cookie: tokenCodec(app, 'cookie', AccessClaims, ACCESS_TOKEN_TTL_SECONDS),
      mfa: tokenCodec(app, 'mfa', MfaClaims, MFA_TOKEN_TTL_SECONDS),
      jwks: { keys: app.keys.tokens.access.map(publicJwk) },
    })
  },
  { name: 'tokens', dependencies: ['config', 'keys', 'jwt'] },
)
