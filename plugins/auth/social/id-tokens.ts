/** ID tokens, whether they come from the token endpoint or from an application. @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation */
import type { JWTPayload } from 'jose'
import { errors } from '#schemas/errors.ts'
import { cached } from '../../http/cached-responses/cached.ts'
import { asCatalogErrors } from './failures.ts'
import type { ProviderFetch } from './types.ts'

interface Rules {
  /** As tokens may spell it. */
  issuers: string[]
  clientId: string
  /** Besides the client itself. */
  authorizedParties: readonly string[]
  /** URL of the key set. */
  jwksUri: string
  algorithms: readonly string[]
  fetch: ProviderFetch
}

export type IdTokenClaims = JWTPayload & { sub: string; exp: number }

/**
 * @param nonce undefined: the provider sends none back
 * @param maxAge seconds since the user authenticated at the provider, if that matters
 */
export type VerifyIdToken = (idToken: string, nonce: string | undefined, maxAge?: number) => Promise<IdTokenClaims>

/** Keys of others: a shared secret or none at all would let anybody sign. */
const ASYMMETRIC = /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/
const CLOCK_TOLERANCE_SECONDS = 60
/** From its issue to its expiry: a token that was used has to be remembered for so long. */
const LIFETIME_MAX_SECONDS = 7 * 86_400
/** A token with an unknown key makes us read the keys again, but not more often (ms). */
const COOLDOWN_MS = 1000

/** @throws providerResponseInvalid, providerUnavailable */
export async function idTokenVerifier(rules: Rules): Promise<VerifyIdToken> {
  const jose = await import('jose')
  const keys = jose.createRemoteJWKSet(new URL(rules.jwksUri), {
    // It counts from any reading: a key that is new just then would not be found.
    cooldownDuration: Number.POSITIVE_INFINITY,
    [jose.customFetch]: (url, { headers, signal }) =>
      rules.fetch(url, { headers: Object.fromEntries(new Headers(headers)), signal }),
  })
  const options = {
    issuer: rules.issuers,
    audience: rules.clientId,
    algorithms: rules.algorithms.filter(algorithm => ASYMMETRIC.test(algorithm)),
    requiredClaims: ['sub', 'exp', 'iat'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
  }

  const readAgain = cached(() => keys.reload(), COOLDOWN_MS)
  const verify = (idToken: string) => jose.jwtVerify(idToken, keys, options)
  const verifyWithNewKeys = (idToken: string) =>
    verify(idToken).catch(async error => {
      if (!(error instanceof jose.errors.JWKSNoMatchingKey)) throw error
      await readAgain()
      return verify(idToken)
    })

  return async (idToken, nonce, maxAge) => {
    const { payload } = await asCatalogErrors(() => verifyWithNewKeys(idToken))
    // Signed by the provider, but nothing guarantees the type of what it has signed.
    const { azp, aud, exp, iat, auth_time } = payload
    const now = Date.now() / 1000
    const sub: unknown = payload.sub
    const party = azp === undefined || azp === rules.clientId || rules.authorizedParties.includes(String(azp))
    const several = Array.isArray(aud) && aud.length > 1
    if (!party || (several && azp === undefined)) throw invalid('issued to another party')
    if (payload.nonce !== nonce) throw invalid('unexpected nonce')
    if (typeof sub !== 'string' || sub === '' || exp === undefined || iat === undefined) throw invalid('no subject')
    if (iat > now + CLOCK_TOLERANCE_SECONDS || exp > now + LIFETIME_MAX_SECONDS) throw invalid('times to come')
    if (maxAge !== undefined && !isRecent(auth_time, maxAge)) throw invalid('no recent authentication')
    return { ...payload, sub, exp }
  }
}

function isRecent(authTime: unknown, maxAge: number): boolean {
  return typeof authTime === 'number' && authTime + maxAge + CLOCK_TOLERANCE_SECONDS >= Date.now() / 1000
}

const invalid = (problem: string) => errors.providerResponseInvalid({ cause: new Error(`ID token: ${problem}`) })
