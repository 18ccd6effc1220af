/** Parses times as exports of other systems write them. */

/** ISO 8601, PostgreSQL and MySQL: `2024-01-02 03:04:05.678+00`. */
const DATE_TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?) ?(?:Z|UTC|GMT|([+-]\d{2}):?(\d{2})?)?)?$/i
/** LDAP: `20240102030405Z`. */
const GENERALIZED_TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:[.,]\d+)?Z$/
const EPOCH = /^-?\d{1,17}(?:\.\d+)?$/

/** Seconds reach the first in the year 5138, milliseconds in 1973; microseconds reach the second in 1973. */
const MILLISECONDS_FROM = 1e11
const MICROSECONDS_FROM = 1e14

/**
 * Without an offset it is UTC on every machine, where JavaScript would use local time. Numbers are seconds, milliseconds or microseconds since 1970.
 * @returns milliseconds since 1970; undefined if it is not a time
 */
export function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return fromEpoch(value)
  if (typeof value !== 'string') return undefined
  const text = value.trim()
  if (EPOCH.test(text)) return fromEpoch(Number(text))
  const iso = text.replace(GENERALIZED_TIME, '$1-$2-$3T$4:$5:$6Z')
  const [, day, time = '00:00', hours = '+00', minutes = '00'] = DATE_TIME.exec(iso) ?? []
  if (day === undefined || !isDay(day)) return undefined
  const at = Date.parse(`${day}T${time.replace(',', '.')}${hours}:${minutes}`)
  return Number.isNaN(at) ? undefined : at
}

function fromEpoch(value: number): number | undefined {
  const size = Math.abs(value)
  const milliseconds = size < MILLISECONDS_FROM ? value * 1000 : size < MICROSECONDS_FROM ? value : value / 1000
  return Number.isNaN(new Date(milliseconds).getTime()) ? undefined : Math.trunc(milliseconds)
}

/** JavaScript accepts dates such as the 30th of February. */
function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00Z`)
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day)
}
