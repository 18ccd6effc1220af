// app.traces: what was done for each request and job, and how long it took, for a collector (OTEL_EXPORTER_OTLP_ENDPOINT); undefined, and not loaded, without it.
import fp from 'fastify-plugin'
import type { Traces } from './traces.ts'

declare module 'fastify' {
  interface FastifyInstance {
    traces: Traces | undefined
  }
}

export default fp(
  async app => {
    const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = app.config
    app.decorate('traces', endpoint === undefined ? undefined : await (await import('./start.ts')).start(app, endpoint))
  },
  { name: 'traces', dependencies: ['config', 'error-tracking', 'metrics'] },
)
