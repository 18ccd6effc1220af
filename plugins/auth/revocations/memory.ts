/** What a process remembers of dead tokens: session → lowest generation still good. */
export interface Memory {
  lowestGood(sessionId: string): number
  /** Never lowers a generation, in whatever order the news come. */
  note(sessionId: string, lowestGood: number): void
  /** Call it once a lifetime: an entry stays for one to two of them. */
  age(): void
  size(): number
}

/** Two maps take turns, so that forgetting costs nothing. */
export function createMemory(): Memory {
  let recent = new Map<string, number>()
  let older = new Map<string, number>()
  const lowestGood = (id: string): number => recent.get(id) ?? older.get(id) ?? 0
  return {
    lowestGood,
    note(id, generation) {
      if (generation > lowestGood(id)) recent.set(id, generation)
    },
    age() {
      older = recent
      recent = new Map()
    },
    size: () => recent.size + older.size,
  }
}
