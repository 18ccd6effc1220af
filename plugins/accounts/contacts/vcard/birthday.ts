import { omitsYear, type Property } from './property.ts'

/** `1956-10-21`, `19561021`, `--10-21`, `--1021`, each perhaps with a time. */
const DATE = /^(\d{4}|-)-?(\d\d)-?(\d\d)(?:[T ].*)?$/

/** The birthday as contacts have it; undefined for another form, which may lack more than the year. */
export function birthdayOf(property: Property): string | undefined {
  const [, year, month, day] = DATE.exec(property.value.trim()) ?? []
  if (year === undefined) return undefined
  // Some exporters write a year that does not exist instead of none.
  const known = year !== '-' && year !== '0000' && !omitsYear(property)
  return `${known ? year : '-'}-${month}-${day}`
}
