import { type CatalogError, errors } from '#schemas/errors.ts'

/** Not imported: an `import` of node:http evaluates all of its exports, fetch and WebSocket among them, which nothing here needs. */
export const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** The body of an error response. */
export function render({ statusCode = 500, code, details }: CatalogError) {
  return { status: 'error', statusCode, error: STATUS_CODES[statusCode], message: code, ...(details && { details }) }
}

/**
 * The `WWW-Authenticate` of a 401, and of a 403 that a reauthentication cures.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-3
 */
export function challenge({ statusCode, code, details }: CatalogError): string | undefined {
  if (code === errors.reauthenticationRequired.code)
    return `Bearer error="insufficient_user_authentication", error_description="${code}", max_age="${details?.max_age}"`
  if (statusCode !== 401) return undefined
  return code === errors.authorisationRequired.code
    ? 'Bearer'
    : `Bearer error="invalid_token", error_description="${code}"`
}
