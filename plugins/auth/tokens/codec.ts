import type { TSchema } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { TokenKind } from '../../keys/index.ts'
import { canonical, type Decoded } from './canonical.ts'
import type { CommonClaims } from './claims.ts'

export interface TokenCodec<Claims> {
  /** Signs with the newest key; `iss` and `aud` are added. */
  sign(claims: Omit<Claims, 'iss' | 'aud'>): string
  /**
   * Verifies signature, kind and claims.
   * @throws tokenInvalid, tokenExpired
   * @see https://www.rfc-editor.org/rfc/rfc8725
   */
  verify(token: string): Claims
  /** The same, for a token that may have expired. @throws tokenInvalid */
  verifyIgnoringExpiry(token: string): Claims
}

/** Longer than any token the service issues: a megabyte is refused before it is decoded (characters). */
const TOKEN_MAX_LENGTH = 4096

/** Signs and verifies the tokens of one kind. The key is chosen by `kid`, among those of the kind. */
export function tokenCodec<Claims extends CommonClaims>(
  { jwt, keys }: FastifyInstance,
  kind: TokenKind,
  schema: TSchema & { static: Claims },
  lifetimeSeconds: number,
): TokenCodec<Claims> {
  const [key] = keys.tokens[kind]
  const current = jwt[`${kind}:${key?.kid}`]
  if (!current) throw new Error(`no key for ${kind} tokens`)
  const { sign, decode } = current
  const shape = TypeCompiler.Compile(schema)

  function verified(token: string): unknown {
    if (token.length > TOKEN_MAX_LENGTH) return undefined
    const decoded = decode<Decoded>(token)
    if (!decoded || typeof decoded.header.kid !== 'string' || decoded.header.crit !== undefined) return undefined
    if (token !== canonical(decoded)) return undefined
    return jwt[`${kind}:${decoded.header.kid}`]?.verify(token)
  }

  function verifyIgnoringExpiry(token: string): Claims {
    try {
      const claims = verified(token)
      // If the configured lifetime was shortened, tokens issued before that expire earlier too: revocations are kept only that long.
      if (shape.Check(claims)) return { ...claims, exp: Math.min(claims.exp, claims.iat + lifetimeSeconds) }
    } catch {
      // One answer to every defect: an attacker learns nothing from it.
    }
    throw errors.tokenInvalid()
  }

  return {
    sign(claims) {
      const token = sign(claims)
      return key?.alg === 'ES256' ? canonical(decode<Decoded>(token) as Decoded) : token
    },
    verifyIgnoringExpiry,
    verify(token) {
      const claims = verifyIgnoringExpiry(token)
      if (claims.exp * 1000 <= Date.now()) throw errors.tokenExpired()
      return claims
    },
  }
}
