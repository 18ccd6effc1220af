/** A Fastify plugin that protects all routes of the scope in which it is registered. */
import type { FastifyInstance, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { refuse } from './refused.ts'
import type { Claims, Demand, Options, Verifier } from './types.ts'
import { createVerifier } from './verifier.ts'

declare module 'fastify' {
  interface FastifyInstance {
    verifier: Verifier
  }
  interface FastifyRequest {
    /** Whoever sent the request; null on routes that are open. */
    auth: Claims
  }
  interface FastifyContextConfig {
    /** What the route asks for besides a valid token; `false` opens it to everybody. */
    auth?: Demand | false
  }
}

/** How long the start waits for the revocations (ms). After it, requests get 503 until they are known. */
const START_WAIT_MS = 5000

const ANY: Demand = {}
const WITHOUT_BODY = new Set(['GET', 'HEAD'])

async function plugin(app: FastifyInstance, options: Options): Promise<void> {
  const verifier = createVerifier({ log: message => app.log.warn(message), ...options })
  app.decorate('verifier', verifier)
  app.decorateRequest('auth', null as unknown as Claims)
  app.addHook('onClose', async () => verifier.close())

  app.addHook('onRequest', (request, _reply, done) => {
    const demand = request.is404 ? false : (request.routeOptions.config.auth ?? ANY)
    if (demand === false) return done()
    const { authorization } = request.headers
    try {
      const claims = verifier.verifyCached(authorization, demand)
      if (claims) return accept(request, claims, done)
    } catch (error) {
      return done(error as Error)
    }
    verifier.verify(authorization, demand).then(claims => accept(request, claims, done), done)
  })
  // A body may arrive long after the headers: whoever was logged out meanwhile must not act any more.
  app.addHook('preValidation', (request, _reply, done) => {
    if (!request.auth || WITHOUT_BODY.has(request.method)) return done()
    try {
      done(verifier.isRevoked(request.auth) ? refuse.tokenInvalid() : undefined)
    } catch (error) {
      done(error as Error)
    }
  })

  const waited = Promise.withResolvers<void>()
  const timer = setTimeout(waited.resolve, START_WAIT_MS)
  await Promise.race([verifier.ready(), waited.promise])
  clearTimeout(timer)
}

function accept(request: FastifyRequest, claims: Claims, done: HookHandlerDoneFunction): void {
  request.auth = claims
  done()
}

// What the package `fastify-plugin` does: the hooks are those of the scope that registers it, and not of one of its own.
export default Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'holocron-verify',
})
