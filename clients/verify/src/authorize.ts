import { refuse } from './refused.ts'
import type { Claims, Demand } from './types.ts'

/**
 * A login may do what its user may; an application what its user, or an administrator, has allowed it: it needs scopes, and a route that names none is not
 * for applications. The same rules as Holocron's own.
 * @throws Refused
 */
export function authorize(claims: Claims, { scopes = [], withoutUser = false, role }: Demand): void {
  if (isOfApplication(claims)) {
    const granted = (claims.scope ?? '').split(' ')
    const isAllowed = scopes.length > 0 && scopes.every(scope => granted.includes(scope))
    if (!isAllowed || (claims.user_id === undefined && !withoutUser)) throw refuse.insufficientScope(scopes)
  }
  if (role !== undefined && claims.access_role !== role) throw refuse.forbidden()
}

function isOfApplication({ scope, user_id }: Claims): boolean {
  return scope !== undefined || user_id === undefined
}
