import type { FastifyInstance } from 'fastify'

/** How far the clocks of process and database may differ (ms). Beyond it, tokens expire noticeably early or late. */
const MAX_OFFSET_MS = 90_000

/**
 * Compares the database's clock, by which tokens are issued, with the process's, by which they expire. Half an hour of difference would have
 * every login succeed and every token be expired already, without an error anywhere.
 */
export function watchClock({ health, log, metrics }: FastifyInstance) {
  let offset = 0
  const differs = () => Math.abs(offset) > MAX_OFFSET_MS

  health.add('clock', { whenDown: 'degraded', check: () => (differs() ? 'down' : 'up') })
  metrics.add({
    type: 'gauge',
    name: 'holocron_database_clock_offset_seconds',
    help: "How far the database's clock is ahead of the process's; negative if behind",
    aggregator: 'average',
    collect: () => offset / 1000,
  })

  /** @param databaseTime what the database's clock has just shown (ms since 1970) */
  return function compare(databaseTime: number): void {
    const before = differs()
    offset = databaseTime - Date.now()
    if (differs() === before) return
    const offset_seconds = Math.round(offset / 1000)
    if (before) log.info({ offset_seconds }, 'database clock agrees again')
    else log.warn({ offset_seconds }, "database clock differs from the process's: tokens expire early or late")
  }
}
