// (no decorator) Rejects requests whose head no server may serve: no Host or several (RFC 9112 §3.2), an unknown Expect, an encoded body.
import type { IncomingHttpHeaders } from 'node:http'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'

/** Node joins repeated headers with a comma and a space, which no host contains. */
const HOST = /^(?:[\w.~!$&'()*+;=%-]*|\[[\da-fA-F:.]+\])(?::\d*)?$/

export default fp(
  async app => {
    // Node would answer 417 itself, without our headers. It would also accept only one listener.
    app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))

    app.addHook('onRequest', (request, reply, done) => {
      const { host, expect, 'content-encoding': encoding } = request.headers
      const error =
        hostError(host, request.raw.httpVersion) ??
        (expect === undefined ? undefined : expectError(expect)) ??
        (encoding === undefined ? undefined : encodingError(encoding, request.headers))
      if (!error) return done()
      if (error.statusCode === 415) reply.header('accept-encoding', 'identity')
      // Rejected here, they reach no guard that would have counted them.
      app.limits.count(request.client.limitKey)
      done(error)
    })
  },
  { name: 'request-head', dependencies: ['client', 'cors', 'errors', 'rate-limits', 'security-headers'] },
)

function hostError(host: string | undefined, httpVersion: string) {
  const valid = host === undefined ? httpVersion === '1.0' : HOST.test(host)
  return valid
    ? undefined
    : errors.requestInvalid({ details: { in: 'headers', field: 'host', problem: 'must be one host' } })
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1 */
function expectError(expect: string) {
  return expect.toLowerCase() === '100-continue' ? undefined : errors.expectationFailed()
}

/** Gateways that ask for permission pass on the headers of a body without the body. @see https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16 */
function encodingError(encoding: string, headers: IncomingHttpHeaders) {
  const hasBody = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
  if (!hasBody || encoding.toLowerCase() === 'identity') return undefined
  return errors.mediaTypeUnsupported({
    details: { in: 'headers', field: 'content-encoding', problem: 'must be identity' },
  })
}
