import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    authenticationErrors: typeof authenticationErrors
  }
}

export const authenticationErrors = {
  accountDisabled: entry(
    'account-disabled',
    400,
    'An administrator has disabled the account.',
    'Tell the user to contact an administrator.',
  ),
  emailUnverified: entry(
    'email-unverified',
    400,
    'The e-mail address of the account is not verified yet.',
    'Point the user to the mail, or send it again with `resend_verification_email`.',
  ),
  userAlreadyLoggedIn: entry(
    'user-already-logged-in',
    400,
    'The account has an open session, and `LOGIN_POLICY=single` allows only one.',
    'Log out of the other session first.',
  ),
  authorisationRequired: entry(
    'authorisation-required',
    401,
    'The request carries no token.',
    'Send the token, for example as `Authorization: Bearer`.',
  ),
  tokenInvalid: entry(
    'token-invalid',
    401,
    'The token is malformed, revoked, already used, or of the wrong kind.',
    'If you have a newer refresh token, use it at `generate_tokens`; otherwise log in again.',
  ),
  tokenExpired: entry(
    'token-expired',
    401,
    'The token has expired.',
    'Get new tokens with the refresh token at `generate_tokens`, then send the request again.',
  ),
  /** A genuine token that belongs to another user or session. */
  tokenForeign: entry(
    'token-invalid',
    403,
    'The old access token belongs to another session than the refresh token.',
    'Send the two tokens that were issued together.',
  ),
  forbidden: entry(
    'forbidden',
    403,
    'The role of the user does not allow this.',
    'Do not retry; ask an administrator.',
  ),
  /** @see https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
  insufficientScope: entry(
    'insufficient-scope',
    403,
    'The token is of an application that the user has not allowed this, or that nobody can.',
    'Ask the user for the scopes that `WWW-Authenticate` names, if it names any.',
  ),
  mfaRequired: entry(
    'mfa-required',
    403,
    'Administrators must enroll a second factor (`MFA_REQUIRED_FOR_ADMIN`), and the user has none.',
    'Enroll a second factor, then rotate the tokens.',
  ),
  /** @see https://www.rfc-editor.org/rfc/rfc9470#section-3 */
  reauthenticationRequired: entry(
    'reauthentication-required',
    403,
    'The change is sensitive, and the user has not authenticated for it.',
    'Ask for the password and the second factor, or a passkey; send them to `POST /users/v1/reauthenticate`, and the request again with the new token.',
  ),
  crossSite: entry(
    'cross-site',
    403,
    'The request carries a session cookie, but does not come from a page of the same origin, or of one in `COOKIE_ORIGINS`.',
    'Send it from such a page, or use an access token.',
  ),
  tooManyAttempts: entry(
    'too-many-attempts',
    429,
    'Too many failed attempts to log in or to confirm a change.',
    'Wait for the seconds in `Retry-After` before trying again.',
  ),
}
