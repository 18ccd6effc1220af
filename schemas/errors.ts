/** The catalogue: every error the service answers, with its stable code (the answer's `message`) and status. */
import createError, { type FastifyError } from '@fastify/error'

interface ErrorOptions {
  /** What was at fault, for the answer's `details`. */
  details?: Record<string, unknown>
  /** Seconds, for `Retry-After`. */
  retryAfter?: number
  /** For the log, never for the caller. */
  cause?: unknown
}

export interface CatalogueError extends FastifyError {
  details?: Record<string, unknown>
  retryAfter?: number
}

/** Makes an error of the catalogue. */
export type Thrower<Code extends string = string> = ((options?: ErrorOptions) => CatalogueError) & {
  code: Code
  statusCode: number
}

function entry<const Code extends string>(code: Code, statusCode: number): Thrower<Code> {
  const CodedError = createError(code, code, statusCode)
  const make = ({ cause, ...rest }: ErrorOptions = {}): CatalogueError =>
    Object.assign(new CodedError(), { code }, rest, cause === undefined ? {} : { cause })
  return Object.assign(make, { code, statusCode })
}

export const errors = {
  requestInvalid: entry('request-invalid', 400),
  emailInvalid: entry('email-invalid', 400),
  passwordInvalid: entry('password-invalid', 400),
  userAlreadyExists: entry('user-already-exists', 400),
  accountDisabled: entry('account-disabled', 400),
  emailUnverified: entry('email-unverified', 400),
  userAlreadyLoggedIn: entry('user-already-logged-in', 400),
  passwordTooCommon: entry('password-too-common', 400),
  /** A mailed code that is wrong, used up, expired or was never sent: one answer for all. */
  codeInvalid: entry('code-invalid', 400),
  /** What an authenticator made is not what was asked for, was asked for elsewhere or too long ago, or is registered already. */
  passkeyInvalid: entry('passkey-invalid', 400),
  /** A one-time password that is wrong, too old, or was used already. */
  otpInvalid: entry('otp-invalid', 400),
  recoveryCodeInvalid: entry('recovery-code-invalid', 400),
  authorisationRequired: entry('authorisation-required', 401),
  tokenInvalid: entry('token-invalid', 401),
  tokenExpired: entry('token-expired', 401),
  /** A login by passkey that failed: one answer, whatever was wrong with it. */
  passkeyRefused: entry('passkey-invalid', 401),
  forbidden: entry('forbidden', 403),
  /** The password that confirms a change is not the caller's. */
  passwordWrong: entry('password-wrong', 403),
  /** An administrator without a second factor, under MFA_REQUIRED_FOR_ADMIN. */
  mfaRequired: entry('mfa-required', 403),
  /** A request with the session's cookie that did not come from our own pages. */
  crossSite: entry('cross-site', 403),
  /** A token that is genuine, but belongs to somebody else. */
  tokenForeign: entry('token-invalid', 403),
  notFound: entry('not-found', 404),
  userNotFound: entry('user-not-found', 404),
  filmsNotFound: entry('films-not-found', 404),
  methodNotAllowed: entry('method-not-allowed', 405),
  requestTimeout: entry('request-timeout', 408),
  /** There would be nobody left to administrate. */
  lastAdministrator: entry('last-administrator', 409),
  tooManyPasskeys: entry('too-many-passkeys', 409),
  bodyTooLarge: entry('body-too-large', 413),
  uriTooLong: entry('uri-too-long', 414),
  mediaTypeUnsupported: entry('media-type-unsupported', 415),
  tooManyRequests: entry('too-many-requests', 429),
  tooManyAttempts: entry('too-many-attempts', 429),
  headersTooLarge: entry('headers-too-large', 431),
  internal: entry('internal-error', 500),
  /** A part that the answer needs (database, hashing queue, revocation feed) is down or full for now. */
  unavailable: entry('service-unavailable', 503),
} satisfies Record<string, Thrower>

export type ErrorName = keyof typeof errors
export type ErrorCode = (typeof errors)[ErrorName]['code']

/** Marks a schema: a value that does not match it is answered with this code instead of `request-invalid`. */
export const errorCode = (code: ErrorCode) => ({ 'x-error-code': code })

/** What a login by password answers, be it for a token or for a cookie. */
export const LOGIN_ERRORS: ErrorName[] = [
  'emailInvalid',
  'passwordInvalid',
  'accountDisabled',
  'emailUnverified',
  'userAlreadyLoggedIn',
  'notFound',
  'tooManyAttempts',
]
