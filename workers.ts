import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import type { Config } from './plugins/config/index.ts'
import { createLogger } from './plugins/http/logging/logger.ts'
import { relayMetrics } from './plugins/operations/metrics/workers.ts'

/** Until a worker that died is replaced (ms): twice as long after each that died young. */
const FIRST_PAUSE = 100
const LONGEST_PAUSE = 10_000
/** Who lived longer died of something new (ms). */
const YOUTH = 30_000

/** The primary of WORKERS processes that share the port: it starts them, replaces those that die, stops them together, and serves nothing itself. */
export async function supervise(config: Config): Promise<void> {
  const { logger } = createLogger(config)
  const stopping = new AbortController()

  /** Keeps one worker alive. */
  async function keep(worker: Worker, delay = FIRST_PAUSE): Promise<void> {
    const startedAt = performance.now()
    const [code, signal] = await once(worker, 'exit')
    if (stopping.signal.aborted) return
    const next = performance.now() - startedAt > YOUTH ? FIRST_PAUSE : delay
    logger.error({ worker: worker.id, code, signal, ms: next }, 'a worker died: another one follows')
    await pause(next, undefined, { signal: stopping.signal }).catch(() => {})
    if (!stopping.signal.aborted) await keep(cluster.fork(), Math.min(2 * next, LONGEST_PAUSE))
  }

  relayMetrics()
  closeWithGrace({ delay: 10_000 + config.SHUTDOWN_DELAY_SECONDS * 1000, logger }, async ({ err }) => {
    if (err) logger.fatal({ err }, 'stopping after an error')
    stopping.abort()
    await Promise.all(Object.values(cluster.workers ?? {}).map(stop))
  })
  const first = cluster.fork()
  // One goes ahead: what keeps it from starting is said once, and it leaves no migration to the others.
  const failed = await Promise.race([
    once(first, 'listening').then(() => undefined),
    once(first, 'exit').then(([code]) => code ?? 1),
  ])
  if (failed !== undefined) process.exit(failed)
  const others = Array.from({ length: config.WORKERS - 1 }, () => cluster.fork())
  for (const worker of [first, ...others]) void keep(worker)
}

/** By a message, not a signal: at a terminal, and under many supervisors, workers get the primary's signals too. */
async function stop(worker: Worker | undefined): Promise<void> {
  if (!worker?.isConnected()) return
  const gone = once(worker, 'exit')
  worker.send('stop', () => {})
  await gone
}
