/** Errors of the token endpoint: what is 401 or 404 elsewhere is 400 there. @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    tokenEndpointErrors: typeof tokenEndpointErrors
  }
}

export const tokenEndpointErrors = {
  invalidGrant: entry(
    'invalid-grant',
    400,
    'The e-mail address or the password is wrong; or the refresh token is invalid, expired or already used.',
    'Ask the user for both again; with a refresh token, ask the user to log in again.',
  ),
  unsupportedGrantType: entry(
    'unsupported-grant-type',
    400,
    'The token endpoint does not know this `grant_type`.',
    'Use `password` or `refresh_token`.',
  ),
  secondFactorRequired: entry(
    'second-factor-required',
    400,
    'The password is correct, and the account requires a second factor.',
    'Complete the login with the `mfa_token` of the response, at `POST /users/v1/login/mfa` or `/recovery_code`.',
  ),
}
