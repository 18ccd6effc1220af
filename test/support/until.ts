import { setTimeout as pause } from 'node:timers/promises'

/**
 * Polls until `condition` holds.
 * @returns how long it took (ms)
 * @throws Error if it does not within `limit` ms
 */
export async function until(condition: () => unknown, limit = 10_000): Promise<number> {
  const startedAt = performance.now()
  while (!(await condition())) {
    if (performance.now() - startedAt > limit) throw new Error(`not within ${limit} ms: ${condition}`)
    await pause(2)
  }
  return Math.round(performance.now() - startedAt)
}
