// app.metrics: what Prometheus scrapes at /metrics. A request costs two additions; everything else is computed at a scrape.
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import type { Metric } from './registry.ts'
import { requestDuration } from './request-duration.ts'

declare module 'fastify' {
  interface FastifyInstance {
    metrics: {
      /** Adds a metric that its owner measures. */
      add(metric: Metric): void
      /** The metrics of this process, or of all workers. */
      registry(): Promise<Registry>
    }
  }
}

export default fp(
  async app => {
    const added: Metric[] = []
    const duration = requestDuration()
    app.addHook('onResponse', (request, reply, done) => {
      duration.observe(request, reply)
      done()
    })

    let loading: Promise<ReturnType<typeof import('./registry.ts').createRegistry>> | undefined
    /** Loaded once the service listens, so that it listens sooner. */
    const load = () => {
      loading ??= import('./registry.ts').then(({ createRegistry }) => createRegistry(added, duration.metric))
      return loading
    }
    app.decorate('metrics', {
      add: metric => void added.push(metric),
      registry: async () => (await load()).collect(),
    })
    app.addHook('onListen', async () => void load())
    app.addHook('onClose', async () => (await loading)?.clear())
  },
  { name: 'metrics' },
)
