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

const KINDS: TokenKind[] = ['access', 'refresh', 'cookie', 'mfa']

export default fp(
  async app => {
    const { PUBLIC_URL: iss, ACCESS_TOKEN_AUDIENCE } = app.config
    for (const kind of KINDS) {
      const aud = kind === 'access' ? ACCESS_TOKEN_AUDIENCE : `holocron:${kind}`
      for (const key of app.keys.tokens[kind]) await app.register(jwt, namespace(kind, key, { iss, aud }))
    }
  },
  { name: 'jwt', dependencies: ['config', 'keys'] },
)

/**
 * Key, algorithm, `typ` and `aud` all differ by kind, so that a token of one kind is never accepted as another.
 * Expiry is not checked here: the caller decides whether a token may have expired.
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
function namespace(kind: TokenKind, key: TokenKey, { iss, aud }: { iss: string; aud: string }) {
  const { kid, alg } = key
  // https://www.rfc-editor.org/rfc/rfc9068#section-2.1
  const typ = kind === 'access' ? 'at+jwt' : `${kind}+jwt`
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
