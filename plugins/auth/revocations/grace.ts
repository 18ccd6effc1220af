/** Which access tokens of the previous generation still work after a rotation (ACCESS_GRACE_SECONDS). */
export interface Grace {
  /** @param left what is left of the grace period (ms) */
  grant(sessionId: string, generation: number, left: number): void
  end(sessionId: string): void
  covers(sessionId: string, generation: number): boolean
}

interface Entry {
  generation: number
  /** By `performance.now()`. */
  until: number
}

/** Two maps that take turns, so that expiring entries costs nothing: each is kept for one to two grace periods. */
export function createGrace(graceMs: number): Grace {
  let current = new Map<string, Entry>()
  let previous = new Map<string, Entry>()
  let startedAt = performance.now()

  return {
    grant(sessionId, generation, left) {
      const now = performance.now()
      if (now - startedAt > graceMs) {
        previous = current
        current = new Map()
        startedAt = now
      }
      current.set(sessionId, { generation, until: now + Math.min(left, graceMs) })
    },
    end(sessionId) {
      current.delete(sessionId)
      previous.delete(sessionId)
    },
    covers(sessionId, generation) {
      const entry = current.get(sessionId) ?? previous.get(sessionId)
      return entry?.generation === generation && performance.now() < entry.until
    },
  }
}
