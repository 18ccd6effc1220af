import { errors } from '#schemas/errors.ts'

const SCHEME = 'bearer '

export function isBearer(header: string | undefined): boolean {
  return header?.slice(0, SCHEME.length).toLowerCase() === SCHEME
}

/**
 * The token in an Authorization header. Scheme names are case-insensitive. Node joins a repeated header to the first one, which makes neither a token.
 * @throws authorisationRequired, tokenInvalid
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.1
 */
export function bearer(header: string | undefined): string {
  if (header === undefined) throw errors.authorisationRequired()
  if (!isBearer(header)) throw errors.tokenInvalid()
  return header.slice(SCHEME.length)
}
