// (no decorator) Sends every error in the catalog's form, or as a page to browsers, Fastify's and the database's included. An error that is not in the catalog is a bug: 500.
import type { FastifyError, FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { challenge } from './challenge.ts'
import { notFoundHandler } from './not-found.ts'
import { renderOAuth } from './oauth.ts'
import { render } from './render.ts'
import { translate } from './translate.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `oauth`: errors have the `error` and `error_description` of RFC 6749. */
    errorForm?: 'oauth'
  }
}

/** Under overload, one line a second says why requests are refused (ms); how many are is in the metrics. */
const UNAVAILABLE_LOG_INTERVAL_MS = 1000

export default fp(
  async app => {
    const metadata = `${app.config.PUBLIC_URL}/.well-known/oauth-protected-resource`
    const mayLog = atMostEvery(UNAVAILABLE_LOG_INTERVAL_MS)
    app.setErrorHandler<FastifyError>((thrown, request, reply) => {
      const error = translate(thrown)
      const { statusCode = 500, retryAfter } = error
      if (statusCode === 500) {
        const { method, routeOptions } = request
        request.log.error({ err: thrown, method, route: routeOptions.url }, 'unexpected error')
      }
      if (statusCode === 503 && mayLog()) request.log.warn({ err: error.cause ?? thrown }, 'service unavailable')
      const { scopes, errorForm: form } = request.routeOptions.config ?? {}
      const byProof = /^dpop /i.test(request.headers.authorization ?? '')
      const authenticate = challenge(error, scopes && { scopes, metadata, byProof })
      if (authenticate !== undefined) reply.header('www-authenticate', authenticate)
      if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
      reply.code(statusCode).header('vary', varyOf(reply))
      if (form === 'oauth') return reply.send(renderOAuth(error))
      if (!app.pages.wanted(request)) return reply.send(render(error))
      return app.pages.ofError(request, reply, error).catch(err => {
        request.log.error({ err }, 'error page failed')
        return render(error)
      })
    })
    app.setNotFoundHandler(notFoundHandler(app))
  },
  { name: 'errors', dependencies: ['config', 'security-headers', 'rate-limits', 'client', 'pages'] },
)

/** A cache must not give a browser's page to a program. */
function varyOf(reply: FastifyReply): string {
  const others = String(reply.getHeader('vary') ?? '')
  return others ? `${others}, Accept` : 'Accept'
}

function atMostEvery(milliseconds: number): () => boolean {
  let last = -Infinity
  return () => {
    const now = performance.now()
    if (now - last < milliseconds) return false
    last = now
    return true
  }
}
