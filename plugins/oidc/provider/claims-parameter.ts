import type { ClaimsParameter, KoaContextWithOIDC, errors as libraryErrors } from 'oidc-provider'
import { askedOf, rankOf } from './acr.ts'

/**
 * Of what the parameter `claims` can ask for we understand how sure the login is and whose it is; what is not understood is to be ignored. The user's
 * data is opened by scopes alone, which people see when they are asked.
 * @see https://openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter
 */
export function createClaimsCheck({ InvalidRequest, UnmetAuthenticationRequirements }: typeof libraryErrors) {
  return ({ oidc }: KoaContextWithOIDC, claims: ClaimsParameter): void => {
    const { acr, sub } = claims.id_token ?? {}
    const asked = askedOf(claims)
    if (!Array.isArray(asked)) throw new InvalidRequest('invalid claims.id_token.acr.values type')
    if (acr?.essential && asked.length > 0 && !asked.some(value => rankOf(value) >= 0))
      throw new UnmetAuthenticationRequirements('none of the requested ACRs is known')
    if (oidc.params) oidc.params.claims = JSON.stringify({ id_token: { ...(acr && { acr }), ...(sub && { sub }) } })
  }
}
