/** Which birthdays are within some days from today, over the turn of the year and in leap years. */
import type { LeapDay } from '#schemas/contacts.ts'
import type { DayRange } from '#sql/contacts.ts'

const DAY_MS = 86_400_000
const LEAP_DAY = 229

/** Days of one year, in their order: a window has one or two. */
export interface YearRange extends DayRange {
  year: number
}

/**
 * Midnight (UTC) of the day that it is in the time zone.
 * @throws RangeError for an unknown time zone
 */
export function todayIn(timeZone: string, now = Date.now()): Date {
  return new Date(new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(now))
}

/** @param days besides today; with 365, a birthday of today is not counted once more at the end */
export function windowOf(today: Date, days: number, leapDay: LeapDay): YearRange[] {
  const last = new Date(today.getTime() + days * DAY_MS)
  const [year, lastYear] = [today.getUTCFullYear(), last.getUTCFullYear()]
  const [from, to] = [dayOf(today), dayOf(last)]
  if (year === lastYear) return [withLeapDay({ year, from, to }, leapDay)]
  const first = withLeapDay({ year, from, to: 1231 }, leapDay)
  const second = withLeapDay({ year: lastYear, from: 101, to }, leapDay)
  return [first, { ...second, to: Math.min(second.to, first.from - 1) }]
}

/** Month and day as a number: 1021. */
const dayOf = (date: Date) => (date.getUTCMonth() + 1) * 100 + date.getUTCDate()

/** 29 February is between the two days that may stand for it, so the order of birthdays stays that of their days. */
function withLeapDay({ year, from, to }: YearRange, leapDay: LeapDay): YearRange {
  if (isLeapYear(year)) return { year, from, to }
  if (leapDay === '02-28') return { year, from, to: to === 228 ? LEAP_DAY : to }
  return { year, from: from === 301 ? LEAP_DAY : from, to }
}

const isLeapYear = (year: number) => new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1

/** The day of a birthday in a year, as `YYYY-MM-DD`. */
export function dateIn(year: number, birthday: string, leapDay: LeapDay): string {
  const day = birthday.slice(-5)
  return `${year}-${day === '02-29' && !isLeapYear(year) ? leapDay : day}`
}

/** The age that somebody turns in a year; null if the year of birth is not known, or still to come. */
export function ageIn(year: number, birthday: string): number | null {
  const age = year - Number(birthday.slice(0, -6))
  return birthday.startsWith('--') || age < 0 ? null : age
}
