/** Errors that any route can return. */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    requestErrors: typeof requestErrors
  }
}

export const requestErrors = {
  requestInvalid: entry(
    'request-invalid',
    400,
    'The request is malformed or does not match the schema of the operation.',
    'Correct the field that `details` names; sending the same request again fails again.',
  ),
  notFound: entry(
    'not-found',
    404,
    'The path or the resource does not exist. At a login: the e-mail address or the password is wrong.',
    'Check the path and the identifiers in it. At a login: ask the user for both again.',
  ),
  methodNotAllowed: entry(
    'method-not-allowed',
    405,
    'The path exists, but not with this method.',
    'Use one of the methods in the `Allow` header.',
  ),
  requestTimeout: entry(
    'request-timeout',
    408,
    'The request took too long to arrive.',
    'Send it again, over a faster connection or in smaller parts.',
  ),
  bodyTooLarge: entry('body-too-large', 413, 'The body exceeds `BODY_LIMIT_BYTES`.', 'Send a smaller body.'),
  uriTooLong: entry('uri-too-long', 414, 'A path parameter is too long.', 'Check the identifier in the path.'),
  mediaTypeUnsupported: entry(
    'media-type-unsupported',
    415,
    'The operation does not accept this `Content-Type` or `Content-Encoding`.',
    'Send `Content-Type: application/json`, uncompressed.',
  ),
  expectationFailed: entry(
    'expectation-failed',
    417,
    'The `Expect` header asks for something other than `100-continue`.',
    'Send the request without `Expect`.',
  ),
  tooManyRequests: entry(
    'too-many-requests',
    429,
    'The rate limit that `details` names is exceeded.',
    'Wait for the seconds in `Retry-After`, then send the request again.',
  ),
  headersTooLarge: entry(
    'headers-too-large',
    431,
    'The headers of the request are too large.',
    'Send fewer or shorter headers, for example fewer cookies.',
  ),
  internal: entry(
    'internal-error',
    500,
    'The service has a bug.',
    'Report it with the `x-request-id` of the response. Retry only operations that are safe to repeat.',
  ),
  /** A part that the response depends on (database, hashing queue, revocation feed) is down or overloaded. */
  unavailable: entry(
    'service-unavailable',
    503,
    'The service is overloaded, or a part that it depends on is down.',
    'Wait for the seconds in `Retry-After`, then send the request again.',
  ),
}
