// Who has a birthday soon.
import t from 'tap'
import type { Birthdays } from '#schemas/contacts.ts'
import { build, call, codeOf, logIn } from '../../support/app.ts'

const app = await build(t, { CONTACTS_RATE_LIMIT_MAX: '1000000' })

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
const birthdays = async (token: string, query = '') =>
  (await call(app, 'GET', `/contacts/v1/birthdays${query}`, { token })).json<Birthdays>()

async function userWith(contacts: Record<string, string>): Promise<string> {
  const { token } = await logIn(app)
  for (const [first_name, birthday] of Object.entries(contacts))
    await call(app, 'POST', '/contacts/v1/', { token, payload: { first_name, birthday } })
  return token
}

t.test('those of today and the next days come in their order, with the age that they turn', async t => {
  const [today, tomorrow, later] = [inDays(0), inDays(1), inDays(7)]
  const token = await userWith({
    later: `--${later.slice(5)}`,
    tomorrow: `${Number(tomorrow.slice(0, 4)) - 30}${tomorrow.slice(4)}`,
    today: `${Number(today.slice(0, 4)) - 50}${today.slice(4)}`,
    beyond: `--${inDays(9).slice(5)}`,
    yesterday: `--${inDays(-1).slice(5)}`,
  })
  const { results, next_cursor } = await birthdays(token)
  t.match(results, [
    { first_name: 'today', next_birthday: today, age: 50 },
    { first_name: 'tomorrow', next_birthday: tomorrow, age: 30 },
    { first_name: 'later', next_birthday: later, age: null },
  ])
  t.equal(next_cursor, null)
  t.equal((await birthdays(token, '?days=0')).results.length, 1)
})

t.test('all of a year come page by page, each once, beginning with the next', async t => {
  const days = [0, 0, 40, 41, 100, 180, 181, 250, 330, 364]
  const token = await userWith(Object.fromEntries(days.map((day, i) => [`${i}`, `--${inDays(day).slice(5)}`])))
  const seen: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const page = await birthdays(token, `?days=365&limit=3${cursor && `&cursor=${cursor}`}`)
    seen.push(...page.results.map(({ next_birthday }) => next_birthday))
    cursor = page.next_cursor
  }
  t.same(
    seen,
    days.map(day => inDays(day)),
  )
})

t.test('what is no time zone, cursor or number of days is refused', async t => {
  const token = await userWith({ Leia: '1956-10-21' })
  for (const [query, field] of [
    ['?tz=Mars/Olympus', 'tz'],
    ['?days=366', 'days'],
    ['?cursor=eA', 'cursor'],
    ['?leap_day=02-27', 'leap_day'],
  ]) {
    const response = await call(app, 'GET', `/contacts/v1/birthdays${query}`, { token })
    t.equal(codeOf(response), 'request-invalid')
    t.match(response.json(), { details: { field } })
  }
  t.equal((await call(app, 'GET', '/contacts/v1/birthdays?tz=Europe/Oslo', { token })).statusCode, 200)
})

t.test("another user's contacts are not among them", async t => {
  await userWith({ other: `--${inDays(0).slice(5)}` })
  t.same((await birthdays(await userWith({}))).results, [])
})
