import type { FastifyInstance } from 'fastify'
import type { ClaimsParameter, KoaContextWithOIDC } from 'oidc-provider'
import { mfaRequirement } from '../../auth/access/mfa-requirement.ts'
import { requestContextOf } from './request-context.ts'

/**
 * How sure it is who logged in: `aal1` by one factor, `aal2` by two, or by a passkey that verified its user. The weakest first.
 * @see https://pages.nist.gov/800-63-4/sp800-63b.html
 */
export const ACR_VALUES = ['aal1', 'aal2']

/** @param amr as our sessions record it */
export function acrOf(amr: string[] | undefined): string {
  return amr?.includes('mfa') ? 'aal2' : 'aal1'
}

/** The values that an application asks for, by `acr_values` or by the parameter `claims`; of the latter they can be anything. */
export function askedOf({ id_token }: ClaimsParameter): unknown {
  const { value, values = value === undefined ? [] : [value] } = id_token?.acr ?? {}
  return values
}

/**
 * Whether the browser's login is weaker than the application asks for. Of several values one is enough, and a stronger one always is. Unknown
 * values are ignored; the check of the parameter `claims` refuses them if they are essential.
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-5
 */
function lacksAcr({ oidc }: KoaContextWithOIDC): boolean {
  const known = [askedOf(oidc.claims)]
    .flat()
    .map(rankOf)
    .filter(rank => rank >= 0)
  return known.length > 0 && rankOf(oidc.acr) < Math.min(...known)
}

/** Whether the browser's login is weaker than the application asks for, or than MFA_REQUIRED_FOR_ADMIN asks of administrators. */
export function secondFactorCheck(app: FastifyInstance): (ctx: KoaContextWithOIDC) => boolean {
  const mfaMissing = mfaRequirement(app)
  return ctx => {
    const { visitor } = requestContextOf(ctx)
    return lacksAcr(ctx) || (visitor !== undefined && mfaMissing(visitor))
  }
}

export function rankOf(acr: unknown): number {
  return typeof acr === 'string' ? ACR_VALUES.indexOf(acr) : -1
}
