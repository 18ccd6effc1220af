import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    secondFactorErrors: typeof secondFactorErrors
  }
}

export const secondFactorErrors = {
  otpInvalid: entry(
    'otp-invalid',
    400,
    'The one-time password is wrong, expired or already used.',
    'Ask for the next one; check the clock of the device if it keeps failing.',
  ),
  recoveryCodeInvalid: entry(
    'recovery-code-invalid',
    400,
    'The recovery code is wrong or already used.',
    'Ask for another of the recovery codes.',
  ),
  passkeyInvalid: entry(
    'passkey-invalid',
    400,
    'The response of the authenticator does not match the request, is too old, or is already registered.',
    'Request new options, and start again.',
  ),
  /** A failed login: one response, whatever is wrong with the passkey, so that guesses learn nothing. */
  passkeyRefused: entry(
    'passkey-invalid',
    401,
    'The login with a passkey failed.',
    'Request new options and try again, or log in another way.',
  ),
  tooManyPasskeys: entry(
    'too-many-passkeys',
    409,
    'The account has the maximum number of passkeys.',
    'Remove a passkey that is no longer used.',
  ),
}
