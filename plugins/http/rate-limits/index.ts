// app.limits: rate limits. The general one is counted in this process, at no cost; the one that guards passwords and mails also in Redis.
import rateLimit from '@fastify/rate-limit'
import type { onRequestAsyncHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { sharedStore } from './shared-store.ts'
import { createWindowCounter, WINDOW_MS } from './window-counter.ts'

declare module 'fastify' {
  interface FastifyInstance {
    limits: {
      /**
       * Counts a request of this caller: a user's id or a client's `limitKey`. An id is a number, so it is never equal to a key.
       * @throws tooManyRequests beyond RATE_LIMIT_MAX
       */
      count(caller: number | string): void
      /** The hook of routes with `config.authLimit`. @throws tooManyRequests beyond AUTH_RATE_LIMIT_MAX */
      auth: onRequestAsyncHookHandler
      /** The same with a budget of its own: what a page asks for when it is opened leaves the logins of everybody at one address alone. */
      pageOpening: onRequestAsyncHookHandler
    }
  }
}

export default fp(
  async app => {
    const { RATE_LIMIT_MAX, AUTH_RATE_LIMIT_MAX } = app.config
    const general = createWindowCounter()
    app.addHook('onClose', () => general.stop())
    await app.register(rateLimit, {
      global: false,
      keyGenerator: request => request.client.limitKey,
      store: sharedStore(app),
      errorResponseBuilder: (_request, { max, ttl }) => exceeded('AUTH_RATE_LIMIT_MAX', max, ttl),
    })
    const authLimit = { max: AUTH_RATE_LIMIT_MAX, timeWindow: WINDOW_MS }
    app.decorate('limits', {
      count(caller) {
        if (general.hit(caller) > RATE_LIMIT_MAX) throw exceeded('RATE_LIMIT_MAX', RATE_LIMIT_MAX, general.remaining())
      },
      auth: app.rateLimit(authLimit),
      pageOpening: app.rateLimit({ ...authLimit, keyGenerator: request => `page:${request.client.limitKey}` }),
    })
  },
  { name: 'rate-limits', dependencies: ['config', 'redis', 'client'] },
)

function exceeded(limit: string, max: number, remaining: number) {
  return errors.tooManyRequests({ details: { limit, max }, retryAfter: Math.ceil(remaining / 1000) })
}
