import type { ErrorName } from '#schemas/errors.ts'
import type { Access } from '../../auth/access/kinds.ts'

interface Documentation {
  security: Record<string, string[]>[]
  errors: ErrorName[]
  /** Further errors of methods that change something. */
  unsafe?: ErrorName[]
}

/** The last one that Swagger UI has a value for decides: the access token is always the latest. */
const accessToken = [{ login: [] }, { accessToken: [] }, { sessionCookie: [] }]
const unauthorized: ErrorName[] = ['authorisationRequired', 'tokenInvalid', 'tokenExpired']
/** An application's token opens no route without its scopes, and most routes with none. */
const authenticated: ErrorName[] = [...unauthorized, 'mfaRequired', 'insufficientScope']
const restricted: Documentation = {
  security: accessToken,
  errors: [...authenticated, 'forbidden'],
  unsafe: ['crossSite'],
}

/** What the access of a route adds to its documentation: how to authenticate, and the errors of the guard. */
export const ACCESS: Record<Access, Documentation> = {
  public: { security: [], errors: [] },
  user: { security: accessToken, errors: authenticated, unsafe: ['crossSite'] },
  owner: restricted,
  admin: restricted,
  application: { security: [{ accessToken: [] }], errors: [...unauthorized, 'forbidden', 'insufficientScope'] },
  refresh: { security: [{ refreshToken: [] }], errors: unauthorized },
}
