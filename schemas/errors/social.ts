/** Errors of social login. */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    socialErrors: typeof socialErrors
  }
}

export const socialErrors = {
  providerNotFound: entry(
    'provider-not-found',
    404,
    'No provider of this name is configured, or it does not support this form of login.',
    'Use one of those that `GET /social/v1/providers` lists.',
  ),
  redirectNotAllowed: entry(
    'redirect-not-allowed',
    400,
    'The target of the redirect is neither a page of the service nor in `REDIRECT_URLS`.',
    'Use one of the listed URLs, spelled as it is listed.',
  ),
  /** One response whatever is wrong with it: missing, of another browser or provider, expired, used. */
  socialStateInvalid: entry(
    'social-state-invalid',
    400,
    'The login was not started in this browser, took too long, or was completed already.',
    'Start the login again.',
  ),
  providerRejected: entry(
    'provider-rejected',
    400,
    'The provider refused the login; `details` has its own error code.',
    'If it is `access_denied`, the user has cancelled; otherwise check the settings of the application at the provider.',
  ),
  providerResponseInvalid: entry(
    'provider-response-invalid',
    400,
    "The provider's code or token is expired, used, issued to another application or not genuine.",
    'Start the login again.',
  ),
  providerUnavailable: entry(
    'provider-unavailable',
    503,
    'The provider does not respond, or not as it should.',
    'Wait for the seconds in `Retry-After`, or log in another way.',
  ),
}
