/** UUIDv7 begin with the time, so a period is a range of ids. @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7 */
import { randomUUID } from 'node:crypto'

const COUNT_MAX = 0xfff

let latest = 0
let count = 0

/**
 * A UUIDv7 for rows that are read in the order of their ids: Node's are in no order within a millisecond. These are, within a process, unless
 * more than 4096 fall into one millisecond or the clock is set back.
 * @see https://www.rfc-editor.org/rfc/rfc9562#section-6.2 (method 1)
 */
export function nextId(): string {
  const now = Date.now()
  count = now === latest ? Math.min(count + 1, COUNT_MAX) : 0
  latest = now
  const variantAndRandom = randomUUID().slice('01234567-89ab-cdef-'.length)
  return `${prefixOf(now)}-7${count.toString(16).padStart(3, '0')}-${variantAndRandom}`
}

/** No UUIDv7 of this millisecond or later is smaller. */
export function firstIdAt(time: number): string {
  return `${prefixOf(Math.max(0, time))}-0000-0000-000000000000`
}

/** When the id was made (ms since 1970). */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 13).replace('-', ''), 16)
}

function prefixOf(time: number): string {
  const hex = time.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}`
}
