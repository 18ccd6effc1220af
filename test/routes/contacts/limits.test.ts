// CONTACTS_RATE_LIMIT_MAX: how often a user searches, creates and exports.
import t from 'tap'
import { build, call, environment, logIn } from '../../support/app.ts'

const LIMIT = 3
const env = await environment(t, { CONTACTS_RATE_LIMIT_MAX: String(LIMIT) })
const app = await build(t, env)

const search = (token: string, on = app) => call(on, 'GET', '/contacts/v1/?q=x', { token })
const create = (token: string) => call(app, 'POST', '/contacts/v1/', { token, payload: { first_name: 'x' } })
const download = (token: string) => call(app, 'GET', '/contacts/v1/export', { token })
const upload = (token: string) =>
  call(app, 'POST', '/contacts/v1/import', { token, payload: 'x', headers: { 'content-type': 'text/vcard' } })

t.test('beyond the limit: 429, which says when to come back, and which limit it was', async t => {
  const { token } = await logIn(app)
  for (const ask of [search, create, download]) {
    for (let i = 0; i < LIMIT; i++) t.ok((await ask(token)).statusCode < 300)
    const response = await ask(token)
    t.equal(response.statusCode, 429)
    t.match(response.json(), {
      message: 'too-many-requests',
      details: { limit: 'CONTACTS_RATE_LIMIT_MAX', max: LIMIT },
    })
    const seconds = Number(response.headers['retry-after'])
    t.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 60, `${seconds} s`)
  }
  t.equal((await upload(token)).statusCode, 429, 'an import creates, too')
  const { results } = (await call(app, 'GET', '/contacts/v1/birthdays', { token })).json()
  t.same(results, [], 'what searches nothing is not counted')
})

t.test('each user has their own', async t => {
  const [one, other] = [await logIn(app), await logIn(app)]
  for (let i = 0; i <= LIMIT; i++) await search(one.token)
  t.equal((await search(one.token)).statusCode, 429)
  t.equal((await search(other.token)).statusCode, 200)
})

t.test(
  'all instances count together',
  { skip: process.env.TEST_REDIS_URL ? false : 'runs on the real profile: needs Redis' },
  async t => {
    const other = await build(t, env)
    const { token } = await logIn(app)
    for (let i = 0; i < LIMIT; i++) t.equal((await search(token, i % 2 ? app : other)).statusCode, 200)
    t.equal((await search(token)).statusCode, 429)
  },
)

t.test('without a setting it is ten a minute', async t => {
  const app = await build(t)
  t.equal(app.config.CONTACTS_RATE_LIMIT_MAX, 10)
})
