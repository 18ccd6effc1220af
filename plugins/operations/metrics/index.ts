// app.metrics: what Prometheus scrapes at /metrics. Each plugin or route adds its own with `app.metrics.add`. A request costs two additions; everything else is computed at a scrape.
import fp from 'fastify-plugin'
import { createExposition, type Exposition } from './exposition.ts'
import type { Metric } from './registry.ts'
import { NAME as REQUEST_DURATION, requestDuration } from './request-duration.ts'
import { requireToken } from './token.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: {
      /** Adds a metric that its owner measures. @throws if its name is invalid, or taken */
      add(metric: Metric): void
      /** Checks METRICS_TOKEN, where it is set. @throws authorisationRequired, tokenInvalid */
      authorize(authorization: string | undefined): void
      /** The metrics of this process, or of all workers, as text. */
      scrape(): Promise<Exposition>
    }
  }
}

const NAME = /^holocron_[a-z\d_]+$/

export default fp(
  async app => {
    const added = new Map<string, Metric>()
    const duration = requestDuration()
    app.addHook('onResponse', (request, reply, done) => {
      // A stream lasts for as long as its reader likes.
      if (reply.getHeader('content-type') !== 'text/event-stream') duration.observe(request, reply)
      done()
    })

    let loading: Promise<ReturnType<typeof import('./registry.ts').createRegistry>> | undefined
    /** Loaded once the service listens, so that it listens sooner. */
    const load = () => {
      loading ??= import('./registry.ts')
        .then(({ createRegistry }) => createRegistry([...added.values()], app.log, duration.metric))
        .catch(error => {
          loading = undefined
          throw error
        })
      return loading
    }
    app.decorate('metrics', {
      add(metric) {
        const { name } = metric
        if (!NAME.test(name)) throw new Error(`invalid name of a metric: ${name}`)
        if (added.has(name) || name === REQUEST_DURATION) throw new Error(`metric ${name} was added already`)
        added.set(name, metric)
      },
      authorize(authorization) {
        const { METRICS_TOKEN } = app.config
        if (METRICS_TOKEN !== undefined) requireToken(METRICS_TOKEN, authorization)
      },
      scrape: createExposition(async () => (await load()).collect()),
    })
    const logFailure = (err: unknown) => app.log.error({ err }, 'metrics cannot be loaded')
    app.addHook('onListen', async () => void load().catch(logFailure))
    app.addHook('onClose', async () => (await loading?.catch(() => undefined))?.clear())
  },
  { name: 'metrics', dependencies: ['config'] },
)
