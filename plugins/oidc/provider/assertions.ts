import type { Configuration, errors as libraryErrors } from 'oidc-provider'

/** Each is remembered until it expires, so that nobody uses it again (s). */
const LIFETIME_MAX = 3600

/** What the library does not check of the assertions that applications authenticate by. */
export function assertionRules({
  InvalidClientAuth,
}: typeof libraryErrors): NonNullable<Configuration['assertJwtClientAuthClaimsAndHeader']> {
  return async (_ctx, { aud, exp }) => {
    // One for others too is one that they can use here. @see https://datatracker.ietf.org/doc/draft-ietf-oauth-rfc7523bis/
    if (Array.isArray(aud) && aud.length > 1) throw new InvalidClientAuth('audience must be one')
    if (Number(exp) > Date.now() / 1000 + LIFETIME_MAX) throw new InvalidClientAuth('it must expire within an hour')
  }
}
