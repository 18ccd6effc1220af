/** What applications may ask for. */

/** The scopes of OpenID Connect, and the claims that each opens. @see https://openid.net/specs/openid-connect-core-1_0.html#ScopeClaims */
export const OPENID_SCOPES = {
  // Those after the first are about the login, and in ID tokens only.
  openid: ['sub', 'acr', 'amr', 'auth_time'],
  profile: ['name', 'given_name', 'family_name', 'picture', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  offline_access: [],
}

/** Those of a space-separated list that are of OpenID Connect. */
export function openidScopes(scope: unknown): string[] {
  return namesIn(scope).filter(isOpenid)
}

/** Those that are none of OpenID Connect: they open resources. */
export function resourceScopes(scope: unknown): string[] {
  return namesIn(scope).filter(name => !isOpenid(name))
}

const isOpenid = (name: string) => Object.hasOwn(OPENID_SCOPES, name)

function namesIn(scope: unknown): string[] {
  return typeof scope === 'string' ? scope.split(' ').filter(Boolean) : []
}
