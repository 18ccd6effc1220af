import { errors } from '#schemas/errors.ts'
import { constantTimeEqual } from '../../keys/constant-time.ts'

const SCHEME = /^bearer +/i

/** @throws authorisationRequired, tokenInvalid */
export function requireToken(token: string, header: string | undefined): void {
  if (header === undefined) throw errors.authorisationRequired()
  if (!SCHEME.test(header) || !constantTimeEqual(token, header.replace(SCHEME, ''))) throw errors.tokenInvalid()
}
