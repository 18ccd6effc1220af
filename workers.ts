import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import type { Config } from './plugins/config/index.ts'
import { createLogger } from './plugins/http/logging/logger.ts'
import { relayMetrics } from './plugins/operations/metrics/workers.ts'

/** Delay before a worker that exited is restarted (ms): doubled after each that exited early. */
const RESTART_DELAY_MIN_MS = 100
const RESTART_DELAY_MAX_MS = 10_000
/** A worker that ran longer did not exit early: the delay starts over (ms). */
const STABLE_AFTER_MS = 30_000

/** The primary of WORKERS processes that share the port. It starts, restarts and stops them, and serves nothing itself. */
export async function supervise(config: Config): Promise<void> {
  const { logger } = createLogger(config)
  const stopping = new AbortController()

  /** Keeps one worker running. */
  async function keep(worker: Worker, delay = RESTART_DELAY_MIN_MS): Promise<void> {
    const startedAt = performance.now()
    const [code, signal] = await once(worker, 'exit')
    if (stopping.signal.aborted) return
    const next = performance.now() - startedAt > STABLE_AFTER_MS ? RESTART_DELAY_MIN_MS : delay
    logger.error({ worker: worker.id, code, signal, ms: next }, 'worker exited, restarting')
    await pause(next, undefined, { signal: stopping.signal }).catch(() => {})
    if (!stopping.signal.aborted) await keep(cluster.fork(), Math.min(2 * next, RESTART_DELAY_MAX_MS))
  }

  relayMetrics()
  closeWithGrace({ delay: 10_000 + config.SHUTDOWN_DELAY_SECONDS * 1000, logger }, async ({ err }) => {
    if (err) logger.fatal({ err }, 'stopping after an error')
    stopping.abort()
    await Promise.all(Object.values(cluster.workers ?? {}).map(stop))
  })
  process.emit('signals-handled')
  const first = cluster.fork()
  // One starts first: a startup error is reported once, and migrations are done before the others start.
  const failed = await Promise.race([
    once(first, 'listening').then(() => undefined),
    once(first, 'exit').then(([code]) => code ?? 1),
  ])
  if (failed !== undefined) process.exit(failed)
  const others = Array.from({ length: config.WORKERS - 1 }, () => cluster.fork())
  for (const worker of [first, ...others]) void keep(worker)
}

/** By message, not by signal: in a terminal, and under many supervisors, workers receive the primary's signals too. */
async function stop(worker: Worker | undefined): Promise<void> {
  if (!worker?.isConnected()) return
  const exited = once(worker, 'exit')
  worker.send('stop', () => {})
  await exited
}
