// app.limits: rate limits. The general one is counted in this process, at no cost; the one that guards passwords and mails also in Redis.
import rateLimit from '@fastify/rate-limit'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import type { Config } from '../../config/index.ts'
import { rejectForeign } from './foreign-pages.ts'
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
      /** The hooks of routes with `config.authLimit`. @throws crossSite, which does not count; tooManyRequests beyond AUTH_RATE_LIMIT_MAX */
      auth: onRequestHookHandler[]
      /** Counts a request against the same budget, where the route alone does not say whether it does. @throws tooManyRequests */
      countAuth(request: FastifyRequest): Promise<void>
      /** The same with a budget of its own: what a page asks for when it is opened leaves the logins of everybody at one address alone. */
      pageOpening: onRequestHookHandler[]
      /**
       * The hook of routes that every user may call only so often a minute: as many times as the setting says.
       * @param budget routes of the same one share it; by default, all that the setting is for
       * @throws tooManyRequests
       */
      perUser(setting: LimitSetting, budget?: string): (request: FastifyRequest) => Promise<void>
      /** Counts records that are stored for clients that have not authenticated, on any route. @throws tooManyRequests beyond AUTH_RATE_LIMIT_MAX */
      anonymous(request: FastifyRequest, reply: FastifyReply): Promise<void>
    }
  }
}

type LimitSetting = Extract<keyof Config, `${string}_LIMIT_MAX`>

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
    const foreign = rejectForeign(app.config)
    const authLimit = { max: AUTH_RATE_LIMIT_MAX, timeWindow: WINDOW_MS }
    const anonymous = app.rateLimit({ ...authLimit, keyGenerator: request => `anonymous:${request.client.limitKey}` })

    function counter(setting: LimitSetting, keyGenerator: (request: FastifyRequest) => string) {
      const max = app.config[setting]
      const count = app.createRateLimit({ max, timeWindow: WINDOW_MS, keyGenerator })
      return async (request: FastifyRequest) => {
        const counted = await count(request)
        if (!counted.isAllowed && counted.isExceeded) throw exceeded(setting, max, counted.ttl)
      }
    }

    app.decorate('limits', {
      count(caller) {
        if (general.hit(caller) > RATE_LIMIT_MAX) throw exceeded('RATE_LIMIT_MAX', RATE_LIMIT_MAX, general.remaining())
      },
      auth: [foreign, app.rateLimit(authLimit)],
      pageOpening: [
        foreign,
        app.rateLimit({ ...authLimit, keyGenerator: request => `page:${request.client.limitKey}` }),
      ],
      perUser: (setting, budget = setting) => counter(setting, ({ user }) => `${budget}:${user.user_id}`),
      anonymous: async (request, reply) => void (await anonymous.call(app, request, reply)),
      countAuth: counter('AUTH_RATE_LIMIT_MAX', request => request.client.limitKey),
    })
  },
  { name: 'rate-limits', dependencies: ['config', 'redis', 'client'] },
)

function exceeded(limit: string, max: number, remaining: number) {
  return errors.tooManyRequests({ details: { limit, max }, retryAfter: Math.ceil(remaining / 1000) })
}
