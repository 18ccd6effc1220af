// app.metrics: what Prometheus reads at /metrics. A request costs two additions; everything else is done when somebody scrapes.
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { requestLatency } from './latency.ts'
import type { Figures } from './registry.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The figures of this process, or of all workers. */
    metrics(): Promise<Registry>
  }
}

export default fp(
  async app => {
    const latency = requestLatency()
    app.addHook('onResponse', (request, reply, done) => {
      latency.observe(request, reply)
      done()
    })

    let loading: Promise<Figures> | undefined
    /** Loaded once the service listens, so that it listens sooner. */
    const load = () => {
      loading ??= import('./registry.ts').then(({ createFigures }) => createFigures(app, latency.metric))
      return loading
    }
    app.decorate('metrics', async () => (await load()).all())
    app.addHook('onListen', async () => void load())
    app.addHook('onClose', async () => (await loading)?.clear())
  },
  { name: 'metrics', dependencies: ['db', 'passwords', 'revocations'] },
)
