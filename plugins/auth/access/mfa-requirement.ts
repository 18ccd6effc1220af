import type { FastifyInstance } from 'fastify'
import type { AccessClaims } from '../tokens/claims.ts'

/** Of a token's claims, or of a session's user. */
interface Claimed {
  access_role: AccessClaims['access_role'] | null
  mfa?: unknown
}

/** Whether MFA_REQUIRED_FOR_ADMIN asks for a second factor that the token does not claim. Tokens issued before the enrollment lack the claim: rotating adds it. */
export function mfaRequirement({ config }: FastifyInstance): (claimed: Claimed) => boolean {
  const required = config.MFA_REQUIRED_FOR_ADMIN
  return ({ access_role, mfa }) => required && access_role === 'admin' && !mfa
}
