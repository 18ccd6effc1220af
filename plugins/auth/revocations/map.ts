/** Revoked tokens in memory: session → lowest generation that is still valid. */
export interface RevocationMap {
  minGeneration(sessionId: string): number
  /** Never lowers a generation, whatever the order in which revocations arrive. */
  raise(sessionId: string, minGeneration: number): void
  /** To be called once per token lifetime: an entry is kept for one to two of them. */
  rotate(): void
  size(): number
}

/** Two maps that take turns, so that expiring entries costs nothing. */
export function createRevocationMap(): RevocationMap {
  let current = new Map<string, number>()
  let previous = new Map<string, number>()
  const minGeneration = (id: string): number => current.get(id) ?? previous.get(id) ?? 0
  return {
    minGeneration,
    raise(id, generation) {
      if (generation > minGeneration(id)) current.set(id, generation)
    },
    rotate() {
      previous = current
      current = new Map()
    },
    size: () => current.size + previous.size,
  }
}
