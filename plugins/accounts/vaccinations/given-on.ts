import { errors } from '#schemas/errors.ts'

const EARLIEST = '1900-01-01'

/** Where the day begins first: UTC+14. */
const FIRST_DAY_OFFSET_MS = 14 * 3_600_000

/** @param day YYYY-MM-DD @throws requestInvalid for a day that is in no calendar, in the future everywhere, or before any vaccine of the list */
export function assertGivenOn(day: string): void {
  const problem = problemOf(day)
  if (problem) throw errors.requestInvalid({ details: { in: 'body', field: 'given_on', problem } })
}

function problemOf(day: string): string | undefined {
  const time = Date.parse(`${day}T00:00:00Z`)
  // Without the second check, 30 February would be in March.
  if (Number.isNaN(time) || dayOf(time) !== day) return 'must be a day such as 2025-05-25'
  if (day < EARLIEST) return `must not be before ${EARLIEST}`
  if (day > dayOf(Date.now() + FIRST_DAY_OFFSET_MS)) return 'must not be in the future'
  return undefined
}

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10)
