/** Which access tokens of the previous generation still work after a rotation (ACCESS_GRACE_SECONDS). */
export interface Grace {
  /** @param left what is left of the grace period (ms) */
  grant(sessionId: string, generation: number, left: number): void
  /** Ends the grace period of all generations below this one. A grant that arrives late does not bring it back. */
  end(sessionId: string, below: number): void
  covers(sessionId: string, generation: number): boolean
}

interface Entry {
  generation: number
  /** By `performance.now()`. */
  until: number
  /** No generation below it has a grace period. */
  floor: number
}

/** Two maps that take turns, so that expiring entries costs nothing: each is kept for one to two grace periods. */
export function createGrace(graceMs: number): Grace {
  let current = new Map<string, Entry>()
  let previous = new Map<string, Entry>()
  let startedAt = performance.now()

  const find = (sessionId: string) => current.get(sessionId) ?? previous.get(sessionId)

  function set(sessionId: string, entry: Entry): void {
    const now = performance.now()
    if (now - startedAt > graceMs) {
      previous = current
      current = new Map()
      startedAt = now
    }
    current.set(sessionId, entry)
  }

  return {
    grant(sessionId, generation, left) {
      const { floor = 0 } = find(sessionId) ?? {}
      if (generation < floor) return
      set(sessionId, { generation, until: performance.now() + Math.min(left, graceMs), floor })
    },
    end(sessionId, below) {
      if (graceMs === 0) return
      const known = find(sessionId)
      const floor = Math.max(below, known?.floor ?? 0)
      const covered = known !== undefined && known.generation >= floor
      set(sessionId, covered ? { ...known, floor } : { generation: floor, until: 0, floor })
    },
    covers(sessionId, generation) {
      const entry = find(sessionId)
      return entry?.generation === generation && performance.now() < entry.until
    },
  }
}
