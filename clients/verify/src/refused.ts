/** Why a request is refused, in the words of Holocron. Express and Fastify respond with its status and headers by themselves. */
export class Refused extends Error {
  readonly statusCode: number
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>

  constructor(statusCode: number, code: string, headers: Record<string, string>) {
    super(code)
    this.name = 'Refused'
    this.statusCode = statusCode
    this.status = statusCode
    this.code = code
    this.headers = headers
  }
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-3 */
const challenge = (text: string) => ({ 'www-authenticate': text })
const invalid = (code: string) =>
  new Refused(401, code, challenge(`Bearer error="invalid_token", error_description="${code}"`))

export const refuse = {
  authorisationRequired: () => new Refused(401, 'authorisation-required', challenge('Bearer')),
  tokenInvalid: () => invalid('token-invalid'),
  tokenExpired: () => invalid('token-expired'),
  insufficientScope: (scopes: string[]) =>
    new Refused(403, 'insufficient-scope', challenge(`Bearer error="insufficient_scope", scope="${scopes.join(' ')}"`)),
  forbidden: () => new Refused(403, 'forbidden', {}),
  unavailable: () => new Refused(503, 'service-unavailable', { 'retry-after': '2' }),
}
