/** Two signed words of a hash of a session's id, as the feed sends them. */
export interface SessionHash {
  high: number
  low: number
}

/** What is revoked, in memory: session → lowest valid generation, some 40 bytes each, and a time before which no token is valid. */
export interface Revocations {
  has(id: SessionHash, claims: { gen: number; iat: number }): boolean
  /** Never lowers a generation. */
  raise(id: SessionHash, generation: number): void
  /** @param seconds since 1970 */
  raiseNotBefore(seconds: number): void
  /** To be called once per lifetime of a token: an entry is kept for one to two of them. */
  rotate(): void
  size(): number
}

/** Two tables that take turns, so that expiring entries costs nothing. */
export function createRevocations(): Revocations {
  let current = createTable()
  let previous = createTable()
  let notBefore = 0
  const lowest = (id: SessionHash) => current.get(id) || previous.get(id)

  return {
    has: (id, { gen, iat }) => iat < notBefore || gen < lowest(id),
    raise(id, generation) {
      if (generation > lowest(id)) current.set(id, generation)
    },
    raiseNotBefore(seconds) {
      notBefore = Math.max(notBefore, seconds)
    },
    rotate() {
      previous = current
      current = createTable()
    },
    size: () => current.size() + previous.size(),
  }
}

/** FNV-1a in two lanes, mixed at the end: the same as in Holocron. */
export function hashOf(sessionId: string): SessionHash {
  let high = 0x811c9dc5 | 0
  let low = 0x9747b28c | 0
  for (let i = 0; i < sessionId.length; i++) {
    const code = sessionId.charCodeAt(i)
    high = Math.imul(high ^ code, 0x01000193)
    low = Math.imul(low ^ code, 0x85ebca6b)
  }
  low = Math.imul(low ^ (low >>> 15), 0xc2b2ae35)
  return { high, low: low ^ (low >>> 13) }
}

/** Words of a slot: high, low, generation. A slot without a generation is empty. */
const SLOT_WORDS = 3
const INITIAL_SLOTS = 1024
/** Above this, look-ups of absent ids get slow. */
const MAX_LOAD = 5 / 8

/** Open addressing with linear probing in one typed array. */
function createTable() {
  let slots = new Int32Array(INITIAL_SLOTS * SLOT_WORDS)
  let size = 0

  return {
    get: (id: SessionHash): number => slots[slotOf(slots, id) + 2] ?? 0,
    set(id: SessionHash, generation: number): void {
      const slot = slotOf(slots, id)
      if (slots[slot + 2] === 0) size++
      slots.set([id.high, id.low, generation], slot)
      if (size * SLOT_WORDS > slots.length * MAX_LOAD) slots = doubled(slots)
    },
    size: () => size,
  }
}

/** Where the id is, or else the empty slot where it belongs. */
function slotOf(slots: Int32Array, { high, low }: SessionHash): number {
  const mask = slots.length / SLOT_WORDS - 1
  let index = low & mask
  while (true) {
    const slot = index * SLOT_WORDS
    if (slots[slot + 2] === 0 || (slots[slot] === high && slots[slot + 1] === low)) return slot
    index = (index + 1) & mask
  }
}

function doubled(slots: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(slots.length * 2)
  for (let slot = 0; slot < slots.length; slot += SLOT_WORDS) {
    if (slots[slot + 2] === 0) continue
    const id = { high: slots[slot] ?? 0, low: slots[slot + 1] ?? 0 }
    larger.set(slots.subarray(slot, slot + SLOT_WORDS), slotOf(larger, id))
  }
  return larger
}
