/** The figures that are read when somebody scrapes: the process's own, and those of the plugins. */
import type { FastifyInstance } from 'fastify'
import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client'
import { outboxDepth } from '#sql/outbox.ts'
import { figuresOfAll } from './workers.ts'

export interface Figures {
  /** Of this process, or of all workers where it is one. */
  all(): Promise<Registry>
  clear(): void
}

/** @param latency the metric that requests are counted in */
export function createFigures(app: FastifyInstance, latency: Metric): Figures {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'holocron_' })
  registry.registerMetric(latency)
  const registers = [registry]

  new Gauge({
    name: 'holocron_password_queue',
    help: 'Passwords being hashed, and waiting for it',
    labelNames: ['state'],
    registers,
    collect() {
      const { running, waiting } = app.passwords.load()
      this.set({ state: 'running' }, running)
      this.set({ state: 'waiting' }, waiting)
    },
  })
  new Gauge({
    name: 'holocron_revocation_staleness_seconds',
    help: 'Time since the last news of revocations',
    aggregator: 'max',
    registers,
    collect() {
      this.set(app.revocations.staleness() / 1000)
    },
  })
  new Gauge({
    name: 'holocron_revocation_entries',
    help: 'Sessions whose earlier tokens are known to be dead',
    aggregator: 'max',
    registers,
    collect() {
      this.set(app.revocations.size())
    },
  })
  const outbox = () => outboxDepth(app.db).catch(() => undefined)
  new Gauge({
    name: 'holocron_outbox_waiting',
    help: 'Mails that wait to be sent',
    aggregator: 'max',
    registers,
    async collect() {
      const depth = await outbox()
      if (depth) this.set(depth.waiting)
    },
  })
  new Gauge({
    name: 'holocron_outbox_oldest_seconds',
    help: 'Age of the mail that waits longest',
    aggregator: 'max',
    registers,
    async collect() {
      const oldest = (await outbox())?.oldest_created_at
      if (oldest !== undefined) this.set(oldest === null ? 0 : (Date.now() - oldest) / 1000)
    },
  })
  new Counter({
    name: 'holocron_log_lines_lost_total',
    help: 'Log lines that standard output did not take',
    registers,
    collect() {
      this.reset()
      this.inc(app.lostLogLines())
    },
  })

  return { all: figuresOfAll(registry), clear: () => registry.clear() }
}
