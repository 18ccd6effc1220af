// Which birthdays are near: over the turn of the year, and on 29 February.
import t from 'tap'
import type { LeapDay } from '#schemas/contacts.ts'
import { ageIn, dateIn, todayIn, windowOf } from '../../../../plugins/accounts/contacts/birthdays.ts'

/** The days of the window on which each of these birthdays is. */
function celebrated(today: string, days: number, birthdays: string[], leapDay: LeapDay): string[] {
  const ranges = windowOf(new Date(today), days, leapDay)
  return birthdays.flatMap(birthday => {
    const day = Number(birthday.replaceAll('-', ''))
    return ranges.filter(({ from, to }) => from <= day && day <= to).map(({ year }) => dateIn(year, birthday, leapDay))
  })
}

/** What an almanac would do: look at each day. */
function expected(today: string, days: number, birthdays: string[], leapDay: LeapDay): string[] {
  const all = Array.from({ length: days + 1 }, (_, i) =>
    new Date(Date.parse(today) + i * 86_400_000).toISOString().slice(0, 10),
  )
  const isOn = (date: string, birthday: string) =>
    birthday === '--02-29' && Number(date.slice(0, 4)) % 4 !== 0
      ? date.endsWith(leapDay)
      : date.endsWith(birthday.slice(2))
  return birthdays.flatMap(birthday => all.find(date => isOn(date, birthday)) ?? [])
}

t.test('every window is what an almanac says, once for each birthday', async t => {
  const birthdays = ['--01-01', '--02-28', '--02-29', '--03-01', '--03-02', '--12-31']
  const days = [0, 1, 7, 59, 364, 365]
  for (const year of [2026, 2027, 2028])
    for (const day of ['01-01', '02-27', '02-28', '02-29', '03-01', '03-02', '12-25', '12-31']) {
      if (day === '02-29' && year !== 2028) continue
      for (const length of days)
        for (const leapDay of ['02-28', '03-01'] as const) {
          const today = `${year}-${day}`
          t.same(
            celebrated(today, length, birthdays, leapDay),
            expected(today, length, birthdays, leapDay),
            `${today} and ${length} days, ${leapDay}`,
          )
        }
    }
})

t.test('today is what the calendar of the time zone says', async t => {
  const now = Date.parse('2026-12-31T23:30:00Z')
  const days = {
    UTC: '2026-12-31',
    'Europe/Oslo': '2027-01-01',
    'America/New_York': '2026-12-31',
    'Pacific/Kiritimati': '2027-01-01',
  }
  for (const [zone, day] of Object.entries(days)) t.equal(todayIn(zone, now).toISOString().slice(0, 10), day, zone)
  t.throws(() => todayIn('Mars/Olympus'), RangeError)
})

t.test('the age is that of the year of the birthday, if the year of birth is known and was before', async t => {
  t.equal(ageIn(2027, '1956-10-21'), 71)
  t.equal(ageIn(2026, '2026-10-21'), 0)
  t.equal(ageIn(2026, '2027-10-21'), null)
  t.equal(ageIn(2026, '--10-21'), null)
})
