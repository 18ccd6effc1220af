/** Two signed words of a hash of a session's id: 64 bits, of ids with 74 random ones. No two of a billion sessions are expected to share them. */
export interface IdHash {
  high: number
  low: number
}

/**
 * Session → generation, for millions of sessions: some 20 bytes each, where a `Map` takes 100 and keeps the garbage collector busy.
 * Open addressing with linear probing in one typed array.
 */
export interface GenerationTable {
  /** 0 if there is none. */
  get(id: IdHash): number
  set(id: IdHash, generation: number): void
  size(): number
  /** Those that are in it now; of what is changed meanwhile, either state. */
  entries(): Iterable<Entry>
}

export interface Entry extends IdHash {
  generation: number
}

/** Words of a slot: high, low, generation. A slot without a generation is empty. */
const SLOT_WORDS = 3
const INITIAL_SLOTS = 1024
/** Above this, look-ups of absent ids get slow. */
const MAX_LOAD = 5 / 8

export function createGenerationTable(): GenerationTable {
  let slots = new Int32Array(INITIAL_SLOTS * SLOT_WORDS)
  let size = 0

  return {
    get: id => slots[slotOf(slots, id) + 2] ?? 0,
    set(id, generation) {
      const slot = slotOf(slots, id)
      if (slots[slot + 2] === 0) size++
      write(slots, slot, id, generation)
      if (size * SLOT_WORDS > slots.length * MAX_LOAD) slots = doubled(slots)
    },
    size: () => size,
    entries: () => entriesIn(slots),
  }
}

/** Holds the array that it began with, which nothing is removed from. */
function* entriesIn(slots: Int32Array): Generator<Entry> {
  for (let slot = 0; slot < slots.length; slot += SLOT_WORDS) {
    const generation = slots[slot + 2] ?? 0
    if (generation !== 0) yield { high: slots[slot] ?? 0, low: slots[slot + 1] ?? 0, generation }
  }
}

/** Where the id is, or else the empty slot where it belongs. */
function slotOf(slots: Int32Array, { high, low }: IdHash): number {
  const mask = slots.length / SLOT_WORDS - 1
  let index = low & mask
  while (true) {
    const slot = index * SLOT_WORDS
    if (slots[slot + 2] === 0 || (slots[slot] === high && slots[slot + 1] === low)) return slot
    index = (index + 1) & mask
  }
}

function write(slots: Int32Array, slot: number, { high, low }: IdHash, generation: number): void {
  slots[slot] = high
  slots[slot + 1] = low
  slots[slot + 2] = generation
}

function doubled(slots: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(slots.length * 2)
  for (let slot = 0; slot < slots.length; slot += SLOT_WORDS) {
    const generation = slots[slot + 2] ?? 0
    if (generation === 0) continue
    const id = { high: slots[slot] ?? 0, low: slots[slot + 1] ?? 0 }
    write(larger, slotOf(larger, id), id, generation)
  }
  return larger
}
