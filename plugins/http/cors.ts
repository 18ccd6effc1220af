// (no decorator) CORS for the configured origins, with credentials only for COOKIE_ORIGINS, and for others where a route says so: those that are refused are logged.
import cors from '@fastify/cors'
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { parseOrigins } from '../config/origins.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Which other origins may read it, besides those of the settings: `any`, what is public; `of-application`, those of its redirect URIs. */
    otherOrigins?: 'any' | 'of-application'
  }
}

/** Anybody can send any origin: only so many are logged, each once. */
const LOGGED_ORIGINS_MAX = 20
/** Characters. */
const LOGGED_ORIGIN_MAX_LENGTH = 100

export default fp(
  async app => {
    const cookieOrigins = new Set(parseOrigins(app.config.COOKIE_ORIGINS))
    const origins = [...parseOrigins(app.config.CORS_ORIGINS), ...cookieOrigins]
    logRefused(app, origins)
    allowAnyWhereSaid(app)
    leaveToProvider(app)
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

/** Of routes that say so, ahead of their guards, so that their errors can be read too. The package may have named an origin of the settings. */
function allowAnyWhereSaid(app: FastifyInstance): void {
  const allowAny: onRequestHookHandler = (_request, reply, done) => {
    if (!reply.hasHeader('access-control-allow-origin')) reply.header('access-control-allow-origin', '*')
    done()
  }
  app.addHook('onRoute', route => {
    if (route.config?.otherOrigins === 'any') route.onRequest = [allowAny, ...[route.onRequest ?? []].flat()]
  })
}

/** Where it finds a header of CORS, the provider decides nothing any more: the package must set none. */
function leaveToProvider(app: FastifyInstance): void {
  app.addHook('onRoute', ({ config }) => {
    if (config?.otherOrigins === 'of-application') Object.assign(config, { cors: false })
  })
}

/** Before the package's hook, which answers preflights. */
function allowCredentials(app: FastifyInstance, origins: Set<string>): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (origins.has(request.headers.origin ?? '') && request.routeOptions.config.otherOrigins === undefined)
      reply.header('access-control-allow-credentials', 'true')
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
    if (request.routeOptions.config.otherOrigins !== undefined) return done()
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
