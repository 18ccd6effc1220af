import { type CatalogError, type ErrorCode, errors } from '#schemas/errors.ts'
import type { OAuthErrorCode } from '#schemas/token-endpoint.ts'
import { render } from './render.ts'

const BY_CODE: Partial<Record<ErrorCode, OAuthErrorCode>> = {
  'second-factor-required': 'mfa_required',
  'unsupported-grant-type': 'unsupported_grant_type',
  'invalid-grant': 'invalid_grant',
  'email-invalid': 'invalid_grant',
  'password-invalid': 'invalid_grant',
  'otp-invalid': 'invalid_grant',
  'recovery-code-invalid': 'invalid_grant',
  'token-invalid': 'invalid_grant',
  'token-expired': 'invalid_grant',
  'account-disabled': 'invalid_grant',
  'email-unverified': 'invalid_grant',
  'user-already-logged-in': 'invalid_grant',
}

/** RFC 6749 has no code for these. Its authorization endpoint has: clients know them from there. */
const BY_STATUS: Record<number, OAuthErrorCode> = {
  429: 'temporarily_unavailable',
  500: 'server_error',
  503: 'temporarily_unavailable',
}

/**
 * The body of an error for OAuth clients: that of all errors, with the RFC's `error` in place of the reason phrase. So clients of either kind find theirs.
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function renderOAuth(error: CatalogError) {
  const { code, statusCode = 500, members } = error
  return {
    ...render(error),
    error: BY_CODE[code as ErrorCode] ?? BY_STATUS[statusCode] ?? 'invalid_request',
    error_description: meaningOf(error),
    ...members,
  }
}

/** Of the RFC's characters, because they are those of the catalog: nothing that a client sent. */
function meaningOf({ code, statusCode }: CatalogError): string {
  const entry = Object.values(errors).find(entry => entry.code === code && entry.statusCode === statusCode)
  return entry?.meaning ?? code
}
