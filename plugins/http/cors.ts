// (no decorator) CORS for the configured origins, and for no other, with credentials only for COOKIE_ORIGINS: those that are refused are logged.
import cors from '@fastify/cors'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { parseOrigins } from '../config/origins.ts'

/** Anybody can send any origin: only so many are logged, each once. */
const LOGGED_ORIGINS_MAX = 20
/** Characters. */
const LOGGED_ORIGIN_MAX_LENGTH = 100

export default fp(
  async app => {
    const cookieOrigins = new Set(parseOrigins(app.config.COOKIE_ORIGINS))
    const origins = [...parseOrigins(app.config.CORS_ORIGINS), ...cookieOrigins]
    logRefused(app, origins)
    if (origins.length === 0) return
    if (cookieOrigins.size > 0) allowCredentials(app, cookieOrigins)
    await app.register(cors, {
      origin: origins,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: ['etag', 'retry-after', 'x-request-id'],
      maxAge: 600,
      // A strict preflight would answer other OPTIONS requests in plain text.
      strictPreflight: false,
    })
  },
  { name: 'cors', dependencies: ['access', 'config', 'security-headers'] },
)

/** Before the package's hook, which answers preflights. */
function allowCredentials(app: FastifyInstance, origins: Set<string>): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (origins.has(request.headers.origin ?? '')) reply.header('access-control-allow-credentials', 'true')
    done()
  })
}

/** The browser tells its user, and nobody else, that a page may not read the response. */
function logRefused(app: FastifyInstance, origins: string[]): void {
  const allowed = new Set([...origins, new URL(app.config.PUBLIC_URL).origin])
  const logged = new Set<string>()
  app.addHook('onRequest', (request, _reply, done) => {
    const { origin } = request.headers
    if (origin === undefined || allowed.has(origin) || isSameOrigin(request, origin)) return done()
    const text = origin.slice(0, LOGGED_ORIGIN_MAX_LENGTH)
    if (logged.size < LOGGED_ORIGINS_MAX && !logged.has(text)) {
      logged.add(text)
      request.log.warn({ origin: text }, 'CORS: origin is not in CORS_ORIGINS')
    }
    done()
  })
}

function isSameOrigin({ headers }: FastifyRequest, origin: string): boolean {
  return headers['sec-fetch-site'] === 'same-origin' || origin.replace(/^https?:\/\//, '') === headers.host
}
