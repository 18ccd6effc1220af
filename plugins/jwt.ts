// app.jwt: @fastify/jwt with one namespace per key, `access:<kid>`, `refresh:<kid>` …: signs and verifies. The `tokens` plugin selects the key and adds checks of its own.
import jwt from '@fastify/jwt'
import fp from 'fastify-plugin'
import type { TokenKind } from './keys/index.ts'
import type { TokenKey } from './keys/token-keys.ts'

declare module '@fastify/jwt' {
  interface FastifyJWT {
    namespaces: `${TokenKind}:${string}`
  }
}

/** Tolerated clock difference between machines, for `nbf` (ms). */
const CLOCK_LEEWAY_MS = 5000

const KINDS: TokenKind[] = ['access', 'application', 'resource', 'refresh', 'cookie', 'mfa']
const ACCESS_TOKENS: TokenKind[] = ['access', 'application', 'resource']

export default fp(
  async app => {
    const { PUBLIC_URL: iss, ACCESS_TOKEN_AUDIENCE } = app.config
    const others = app.oauthResources.map(({ resource }) => resource)
    const audiences = new Map<TokenKind, string | string[]>([
      ['access', ACCESS_TOKEN_AUDIENCE],
      ['application', iss],
    ])
    if (others.length > 0) audiences.set('resource', others)
    for (const kind of KINDS) {
      const aud = audiences.get(kind) ?? `holocron:${kind}`
      for (const key of app.keys.tokens[kind]) await app.register(jwt, namespace(kind, key, { iss, aud }))
    }
  },
  { name: 'jwt', dependencies: ['config', 'keys', 'oauth-resources'] },
)

/**
 * Key, `typ` and `aud` differ by kind, so that a token of one kind is never accepted as another; the kinds of access tokens share key and `typ`, and differ in
 * `aud` and in what they must claim.
 * Expiry is not checked here: the caller decides whether a token may have expired.
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
function namespace(kind: TokenKind, key: TokenKey, { iss, aud }: { iss: string; aud: string | string[] }) {
  const { kid, alg } = key
  // https://www.rfc-editor.org/rfc/rfc9068#section-2.1
  const typ = ACCESS_TOKENS.includes(kind) ? 'at+jwt' : `${kind}+jwt`
  return {
    namespace: `${kind}:${kid}`,
    secret: { private: key.private, public: key.public },
    sign: { algorithm: alg, kid, header: { alg, typ, kid }, iss, aud },
    verify: {
      algorithms: [alg],
      allowedIss: iss,
      allowedAud: aud,
      checkTyp: typ,
      clockTolerance: CLOCK_LEEWAY_MS,
      ignoreExpiration: true,
    },
    decode: { complete: true, checkTyp: typ },
  }
}
