/** Signature and claims of a token. */
import { createRemoteJWKSet, errors, type JWTVerifyOptions, jwtVerify } from 'jose'
import { refuse } from './refused.ts'
import type { Claims } from './types.ts'

interface Settings {
  url: string
  issuer: string
  audience: string | string[]
  algorithms: string[]
  clockTolerance: number
}

/** Longer than any token of Holocron (characters). */
const TOKEN_MAX_LENGTH = 4096

/** How soon a key that is not among those known makes them be fetched again, how long they are kept otherwise, and how long fetching may take (ms). */
const KEYS = { cooldownDuration: 5000, cacheMaxAge: 300_000, timeoutDuration: 5000 }

/** @returns a function that verifies an access token @see https://www.rfc-editor.org/rfc/rfc9068#section-4 */
export function tokenVerifier({ url, ...settings }: Settings): (token: string) => Promise<Claims> {
  const keys = createRemoteJWKSet(new URL(`${url}/.well-known/jwks.json`), KEYS)
  const options: JWTVerifyOptions = { ...settings, typ: 'at+jwt', requiredClaims: ['sub', 'iat', 'exp', 'sid', 'gen'] }

  return async token => {
    if (token.length > TOKEN_MAX_LENGTH) throw refuse.tokenInvalid()
    const { payload, protectedHeader } = await jwtVerify(token, keys, options).catch(error => {
      throw reasonOf(error)
    })
    // One that is bound to a key (`cnf`) is worth nothing without its proof, which is not checked here.
    if (protectedHeader.kid === undefined || payload.cnf !== undefined || !hasShape(payload))
      throw refuse.tokenInvalid()
    // It is handed out for each request with this token.
    return Object.freeze(payload) as Claims
  }
}

function hasShape({ sub, sid, gen, scope, user_id }: Record<string, unknown>): boolean {
  const isText = [sub, sid].every(claim => typeof claim === 'string')
  const isUser = user_id === undefined || Number.isSafeInteger(user_id)
  return isText && Number.isSafeInteger(gen) && isUser && (scope === undefined || typeof scope === 'string')
}

/** That keys cannot be fetched says nothing of the token. */
function reasonOf(error: Error): Error {
  if (error instanceof errors.JWTExpired) return refuse.tokenExpired()
  const isUnfetched = error instanceof errors.JWKSTimeout || error.constructor === errors.JOSEError
  if (error instanceof errors.JOSEError && !isUnfetched) return refuse.tokenInvalid()
  // What is no JWT at all can fail in other ways.
  return error instanceof TypeError && error.message !== 'fetch failed' ? refuse.tokenInvalid() : refuse.unavailable()
}
