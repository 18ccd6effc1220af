// app.securityHeaders: the static security headers of every response, set in one hook from one frozen object. Routes override what they need.
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** For responses that no hook sees: to malformed HTTP, or to a URL that cannot be decoded. */
    securityHeaders: Readonly<Record<string, string>>
  }
}

/** @see https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html */
export default fp(
  async app => {
    const { PUBLIC_URL, HSTS } = app.config
    const headers = Object.freeze<Record<string, string>>({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      ...(PUBLIC_URL.startsWith('https:') && HSTS !== 'off' && { 'strict-transport-security': HSTS }),
    })
    app.decorate('securityHeaders', headers)
    app.addHook('onRequest', (request, reply, done) => {
      reply.headers(headers)
      reply.header('x-request-id', request.id)
      done()
    })
  },
  { name: 'security-headers', dependencies: ['config'] },
)
