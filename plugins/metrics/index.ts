// app.metrics: what Prometheus reads at /metrics. A request costs two additions; everything else is done when somebody scrapes.
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { requestLatency } from './latency.ts'

declare module 'fastify' {
  interface FastifyInstance {
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

    let registry: Promise<Registry> | undefined
    /** Loaded once the service listens, so that it listens sooner. */
    const load = () => {
      registry ??= import('./registry.ts').then(({ createRegistry }) => createRegistry(app, latency.metric))
      return registry
    }
    app.decorate('metrics', load)
    app.addHook('onListen', async () => void load())
    app.addHook('onClose', async () => (await registry)?.clear())
  },
  { name: 'metrics', dependencies: ['db', 'passwords', 'revocations'] },
)
