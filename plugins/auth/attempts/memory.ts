import { FIRST_LOCK_MS, MAX_LOCK_MS, RESET_AFTER_MS } from './policy.ts'

interface Count {
  attempts: number
  lockedUntil: number
  expiresAt: number
}

const SWEEP_INTERVAL_MS = 60_000

/** Counts the attempts of this process alone. */
export function createMemoryCounter() {
  const counts = new Map<string, Count>()
  const timer = setInterval(sweep, SWEEP_INTERVAL_MS, counts).unref()
  return {
    /** Returns the milliseconds to wait, 0 if the attempt may go ahead. @param max attempts before the first lock */
    take(key: string, max: number): number {
      const now = Date.now()
      const count = counts.get(key) ?? { attempts: 0, lockedUntil: 0, expiresAt: 0 }
      if (count.lockedUntil > now) return count.lockedUntil - now
      count.attempts++
      const excess = count.attempts - max
      if (excess > 0) count.lockedUntil = now + Math.min(FIRST_LOCK_MS * 2 ** (excess - 1), MAX_LOCK_MS)
      count.expiresAt = now + RESET_AFTER_MS
      counts.set(key, count)
      return 0
    },
    refund(key: string): void {
      const count = counts.get(key)
      if (count) Object.assign(count, { attempts: count.attempts - 1, lockedUntil: 0 })
    },
    giveBack(key: string): void {
      const count = counts.get(key)
      if (count) count.attempts--
    },
    reset: (key: string): void => void counts.delete(key),
    stop: () => clearInterval(timer),
  }
}

function sweep(counts: Map<string, Count>): void {
  const now = Date.now()
  for (const [key, { expiresAt }] of counts) if (expiresAt < now) counts.delete(key)
}
