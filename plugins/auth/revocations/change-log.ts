import type { Entry } from './generation-table.ts'

/** The latest changes of the map, by their positions: what a reader of the feed has missed, if it was not away for long. */
export interface ChangeLog {
  append(entry: Entry): void
  /** The position of the next change. */
  end(): number
  /** Whether all changes from this position on are still there. */
  covers(position: number): boolean
  /** @param position that is covered */
  read(position: number, max: number): Entry[]
}

/** Changes that are kept: 400 kB. */
const CHANGES_MAX = 1 << 15

const WORDS = 3

export function createChangeLog(capacity = CHANGES_MAX): ChangeLog {
  const ring = new Int32Array(capacity * WORDS)
  let end = 0

  function at(position: number): Entry {
    const word = (position % capacity) * WORDS
    return { high: ring[word] ?? 0, low: ring[word + 1] ?? 0, generation: ring[word + 2] ?? 0 }
  }

  return {
    append({ high, low, generation }) {
      ring.set([high, low, generation], (end++ % capacity) * WORDS)
    },
    end: () => end,
    covers: position => position <= end && position >= Math.max(0, end - capacity),
    read: (position, max) => Array.from({ length: Math.min(max, end - position) }, (_, i) => at(position + i)),
  }
}
