/** What a user authenticates with. */
import { Type } from '@sinclair/typebox'
import { errorCode } from './errors.ts'

/** Characters. */
export const PASSWORD_MIN_LENGTH = 8

/** The rule for new passwords. The upper bound of the length is configurable. */
export const Password = Type.String({
  $id: 'Password',
  // One password can be typed as different code points. Its length is measured, and it is hashed, in one form.
  'x-normalize': 'NFC',
  minLength: PASSWORD_MIN_LENGTH,
  maxLength: 32,
  pattern: '^(?=.*\\p{Lu})(?=.*\\p{Ll})(?=.*\\p{Nd})[^\\s\\p{Cc}\\p{Cs}]*$',
  description:
    'Contains at least one uppercase letter, one lowercase letter and one digit. White space and control characters are not allowed.',
  examples: ['Alderaan1977'],
  ...errorCode('password-invalid'),
})

/** A field for a new password. It names the error code again, for requests in which the field is missing. */
export const password = () => Type.Unsafe<string>({ $ref: 'Password#', ...errorCode('password-invalid') })

/** At login: it may be imported, or older than the rule. If it violates the rule and does not match, the error is `password-invalid`. */
export const LoginPassword = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: 'The password. It may be older than the rule for new passwords.',
  examples: ['Alderaan1977'],
  ...errorCode('password-invalid'),
})

/** Only compared, never stored: it may be older than the rule. */
export const CurrentPassword = Type.String({
  minLength: 1,
  maxLength: 1024,
  description: "The user's current password.",
  examples: ['Alderaan1977'],
})

/** How people type and paste codes. `maxLength` bounds what is typed: characters. */
export const typedCode = { 'x-normalize': 'code', maxLength: 64 }

export const Otp = Type.String({
  ...typedCode,
  pattern: '^[0-9]{6}$',
  description:
    'The one-time password shown by the authenticator app. White space and dashes are ignored. Each works once.',
  examples: ['492039'],
  ...errorCode('otp-invalid'),
})

export const RecoveryCode = Type.String({
  ...typedCode,
  pattern: '^[A-Za-z2-7]{4}(-?[A-Za-z2-7]{4}){3}$',
  description: 'A recovery code, in upper or lower case, with or without dashes and spaces. Each works once.',
  examples: ['KQ3W-7XTM-AB2F-ZLPE'],
  ...errorCode('recovery-code-invalid'),
})

/** The password with the second factor, if there is one: what the body of a sensitive change may have in place of a reauthentication. */
export const proof = {
  password: Type.Optional(CurrentPassword),
  otp: Type.Optional(Otp),
  recovery_code: Type.Optional(RecoveryCode),
}
