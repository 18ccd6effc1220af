import type { ChangeEvent } from '#schemas/change-event.ts'

/**
 * Cuts events where a subject comes again, so that each batch has it once. Of messages that are under way together, a broker may refuse one and take over a
 * later one: those of one subject keep their order only if each waits for the one before it.
 */
export function inBatches(events: ChangeEvent[]): ChangeEvent[][] {
  const batches: ChangeEvent[][] = []
  let subjects = new Set<string>()
  for (const event of events) {
    if (batches.length === 0 || subjects.has(event.subject)) {
      batches.push([])
      subjects = new Set()
    }
    batches.at(-1)?.push(event)
    subjects.add(event.subject)
  }
  return batches
}
