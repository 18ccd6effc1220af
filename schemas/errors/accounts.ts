import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    accountErrors: typeof accountErrors
  }
}

export const accountErrors = {
  emailInvalid: entry(
    'email-invalid',
    400,
    'The e-mail address is missing or malformed.',
    'Ask the user to correct the e-mail address.',
  ),
  passwordInvalid: entry(
    'password-invalid',
    400,
    'The password is missing or does not satisfy the password rule.',
    'Show the rule, and ask for another password.',
  ),
  passwordTooCommon: entry(
    'password-too-common',
    400,
    'The password is on the list of common passwords.',
    'Ask for a password that is harder to guess.',
  ),
  passwordUnchanged: entry(
    'password-unchanged',
    400,
    'The new password is the current one.',
    'Ask for another password.',
  ),
  userAlreadyExists: entry(
    'user-already-exists',
    400,
    'Another account has this e-mail address.',
    'Offer to log in or to reset the password instead.',
  ),
  /** Of a page whose form says from which state it was opened, and of rotations of a client's secret. */
  changedMeanwhile: entry(
    'changed-meanwhile',
    409,
    'Another request made a change in the meantime.',
    'Show what has changed, and ask the user to save again.',
  ),
  /** Of a page whose form says on whose account it was opened. */
  accountSwitched: entry(
    'account-switched',
    409,
    'The form is from the page of another account than the one that is signed in.',
    'Open the page again.',
  ),
  /** A mailed code that is wrong, used, expired or was never sent: one response for all, so that guesses learn nothing. */
  codeInvalid: entry(
    'code-invalid',
    400,
    'The code is wrong, expired or already used.',
    'Ask the user to type it again, or request a new code.',
  ),
  passwordWrong: entry(
    'password-wrong',
    403,
    "The password that confirms the change is not the user's current password.",
    'Ask for the password again.',
  ),
  userNotFound: entry(
    'user-not-found',
    404,
    'The account of this token no longer exists.',
    'Discard the token, and ask the user to log in or sign up.',
  ),
  lastAdministrator: entry(
    'last-administrator',
    409,
    'The change would leave the service without an administrator who can log in.',
    'Make another user an administrator first.',
  ),
}
