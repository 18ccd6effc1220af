/** Pages of contacts. Their cursors name the last row by what the list is ordered by. */
import type { FastifyInstance } from 'fastify'
import type {
  Birthday,
  Birthdays,
  BirthdaysQuery,
  Contact,
  Contacts,
  ContactsQuery,
  LeapDay,
} from '#schemas/contacts.ts'
import { errors } from '#schemas/errors.ts'
import { type ContactKey, type ContactRow, type ContactSort, listBirthdays, listContacts } from '#sql/contacts.ts'
import { ageIn, dateIn, todayIn, windowOf, type YearRange } from './birthdays.ts'
import { termsOf } from './columns.ts'

export function serialize(row: ContactRow): Contact {
  const { id, version, first_name, last_name, email, phone_number, birthday, address, notes } = row
  const [created, updated] = [new Date(row.created_at).toISOString(), new Date(row.updated_at).toISOString()]
  return { id, version, first_name, last_name, email, phone_number, birthday, address, notes, created, updated }
}

export function contactPages({ db, pagination }: Pick<FastifyInstance, 'db' | 'pagination'>) {
  return {
    async list(userId: number, { q = '', sort = 'name', ...page }: ContactsQuery): Promise<Contacts> {
      const { limit, after } = pagination.read(page)
      const filter = { terms: termsOf(q), sort }
      const rows = await listContacts(db, userId, filter, limit + 1, after === undefined ? after : keyIn(after, sort))
      const { results, next_cursor } = pagination.cut(rows, limit, row => keyOf(row, sort))
      return { results: results.map(serialize), next_cursor }
    },

    async birthdays(userId: number, query: BirthdaysQuery): Promise<Birthdays> {
      const { days = 7, tz = 'UTC', leap_day = '02-28', ...page } = query
      const { limit, after } = pagination.read(page)
      const last = after === undefined ? undefined : birthdayIn(after)
      const found: { year: number; row: ContactRow }[] = []
      for (const range of windowOf(today(tz), days, leap_day).filter(({ year }) => year >= (last?.year ?? year))) {
        const begun = last?.year === range.year ? last : undefined
        const rows = await listBirthdays(db, userId, range, limit + 1 - found.length, begun)
        found.push(...rows.map(row => ({ year: range.year, row })))
        if (found.length > limit) break
      }
      const { results, next_cursor } = pagination.cut(
        found,
        limit,
        ({ year, row }) => `${year} ${row.birthday_day} ${row.id}`,
      )
      return { results: results.map(({ year, row }) => serializeBirthday(row, year, leap_day)), next_cursor }
    },
  }
}

/** Names may be in any script, and cursors are ASCII. */
function keyOf({ id, sort_key }: ContactKey, sort: ContactSort): string {
  return sort.endsWith('name') ? `${id} ${Buffer.from(sort_key).toString('base64url')}` : id
}

function keyIn(key: string, sort: ContactSort): ContactKey {
  const [, id, encoded] = /^([0-9a-f-]{36})(?: ([\w-]*))?$/.exec(key) ?? []
  if (id === undefined || (encoded !== undefined) !== sort.endsWith('name'))
    throw invalid('cursor', 'must be a next_cursor')
  return { id, sort_key: Buffer.from(encoded ?? '', 'base64url').toString() }
}

function birthdayIn(key: string): Pick<YearRange, 'year'> & { birthday_day: number; id: string } {
  const [, year, day, id = ''] = /^(\d{4}) (\d{3,4}) ([0-9a-f-]{36})$/.exec(key) ?? []
  if (year === undefined) throw invalid('cursor', 'must be a next_cursor')
  return { year: Number(year), birthday_day: Number(day), id }
}

function today(timeZone: string): Date {
  try {
    return todayIn(timeZone)
  } catch (cause) {
    throw cause instanceof RangeError ? invalid('tz', 'must be a time zone') : cause
  }
}

const invalid = (field: string, problem: string) =>
  errors.requestInvalid({ details: { in: 'querystring', field, problem } })

function serializeBirthday(row: ContactRow, year: number, leapDay: LeapDay): Birthday {
  const birthday = row.birthday ?? ''
  return { ...serialize(row), next_birthday: dateIn(year, birthday, leapDay), age: ageIn(year, birthday) }
}
