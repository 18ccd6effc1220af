export const WINDOW_MS = 60_000

/** Counts hits by key in windows of a minute, which begin together for all keys: so forgetting costs nothing. */
export function createWindowCounter() {
  const hits = new Map<number | string, { count: number }>()
  let startedAt = performance.now()
  const timer = setInterval(() => {
    hits.clear()
    startedAt = performance.now()
  }, WINDOW_MS).unref()
  return {
    hit(key: number | string): number {
      const entry = hits.get(key)
      if (entry) return ++entry.count
      hits.set(key, { count: 1 })
      return 1
    },
    /** Until the window ends (ms). */
    remaining: () => Math.max(0, startedAt + WINDOW_MS - performance.now()),
    stop: () => clearInterval(timer),
  }
}
