/** Errors of the OpenID provider's clients. */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    oauthErrors: typeof oauthErrors
  }
}

export const oauthErrors = {
  redirectUriInvalid: entry(
    'redirect-uri-invalid',
    400,
    'A redirect URI of the client is not allowed.',
    'Correct the URI that `details` names: https, http for this machine alone, or the reversed domain name of a native application.',
  ),
  clientMetadataInvalid: entry(
    'client-metadata-invalid',
    400,
    'A member of the client is invalid, or contradicts another one.',
    'Correct the member that `details` names.',
  ),
  clientWithoutSecret: entry(
    'client-without-secret',
    409,
    'The client does not authenticate with a secret.',
    'Change its `token_endpoint_auth_method` first, if it is to have one.',
  ),
}
