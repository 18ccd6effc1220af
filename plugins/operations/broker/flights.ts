import type { ChangeEvent } from '#schemas/change-event.ts'

/**
 * Cuts events where a subject comes again, so that each flight has it once. Of messages that are under way together, a broker may refuse one and take over a
 * later one: those of one subject keep their order only if each waits for the one before it.
 */
export function inFlights(events: ChangeEvent[]): ChangeEvent[][] {
  const flights: ChangeEvent[][] = []
  let subjects = new Set<string>()
  for (const event of events) {
    if (flights.length === 0 || subjects.has(event.subject)) {
      flights.push([])
      subjects = new Set()
    }
    flights.at(-1)?.push(event)
    subjects.add(event.subject)
  }
  return flights
}
