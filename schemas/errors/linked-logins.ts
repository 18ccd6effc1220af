/** Errors of logging in with providers, and of the list of ways to log in. */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    linkedLoginErrors: typeof linkedLoginErrors
  }
}

export const linkedLoginErrors = {
  emailRequired: entry(
    'email-required',
    400,
    'The provider named no e-mail address that it vouches for, and the identity has no account yet.',
    'Ask the user for an address, and send it with the `signup_token` from `details` to `POST /social/v1/email`.',
  ),
  lastLoginMethod: entry(
    'last-login-method',
    400,
    'The removal would leave the user without a way to log in.',
    'Ask the user to set a password, or to add a passkey or another provider, first.',
  ),
  loginMethodNotFound: entry(
    'login-method-not-found',
    404,
    'The user has no such way to log in.',
    'Load the list again.',
  ),
  loginMethodTaken: entry(
    'login-method-taken',
    409,
    'Another account has this identity already.',
    'Log in with the provider to use that account, or remove it from there first.',
  ),
  tooManyLinkedLogins: entry(
    'too-many-linked-logins',
    409,
    'The account has the maximum number of linked providers.',
    'Remove one that is no longer used.',
  ),
}
