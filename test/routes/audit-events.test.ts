import t from 'tap'
import { administrator, build, call, codeOf, logIn, newEmail, PASSWORD, verifiedUser } from '../support/app.ts'
import { expectError } from '../support/error-response.ts'

interface Event {
  user_id: number
  actor_id: number | null
  kind: string
  time: string
  ip: string | null
  device: string | null
}
interface Page {
  results: Event[]
  next_cursor: string | null
}

const URL = '/audit_events/v1/'
const app = await build(t)
const admin = await administrator(app)

async function list(query: Record<string, string | number> = {}, token = admin.token): Promise<Page> {
  const response = await call(app, 'GET', URL, { token, query: query as Record<string, string> })
  if (response.statusCode !== 200) throw new Error(response.body)
  return response.json()
}

const patch = (user_id: number, payload: object) =>
  call(app, 'PATCH', `/users/v1/${user_id}`, {
    token: admin.token,
    payload,
    headers: { 'user-agent': 'console of the administrators' },
  })

t.test("an administrator's act names the administrator, not the user", async t => {
  const user = await logIn(app)
  await patch(user.user_id, { disabled: true })
  const { results } = await list({ user_id: user.user_id })
  t.match(results.slice(0, 2), [
    { kind: 'session-ended', actor_id: admin.user_id },
    { kind: 'disabled', actor_id: admin.user_id, device: 'console of the administrators' },
  ])
  t.match(results.at(-1), { kind: 'signed-up', actor_id: null })
})

t.test("a user's own act names the user", async t => {
  const user = await logIn(app)
  await call(app, 'POST', '/users/v1/logout', { token: user.token })
  const { results } = await list({ user_id: user.user_id, kind: 'session-ended' })
  t.match(results, [{ kind: 'session-ended', actor_id: user.user_id }])
})

t.test('threat: a user learns from which IP and device an administrator works', async t => {
  const user = await verifiedUser(app)
  const { user_id } = await logIn(app, user)
  await patch(user_id, { disabled: true })
  await patch(user_id, { disabled: false })
  const { token } = await logIn(app, user)
  const own = (await call(app, 'GET', `/users/v1/${user_id}/events`, { token })).json<Page>()
  const disabled = own.results.find(({ kind }) => kind === 'disabled')
  t.match(disabled, { actor_id: admin.user_id, ip: null, device: null })
  t.notMatch(JSON.stringify(own), 'console of the administrators')
  t.type(own.results[0]?.ip, 'string', 'but where they logged in themselves')
})

t.test('filters by user, actor, kind and time can be combined, and pages follow each other', async t => {
  const users = [await logIn(app), await logIn(app), await logIn(app)]
  const from = new Date().toISOString()
  for (const { user_id } of users) await patch(user_id, { disabled: true })
  const query = { actor_id: admin.user_id, kind: 'disabled', from, limit: 2 }
  const first = await list(query)
  const second = await list({ ...query, cursor: first.next_cursor ?? '' })
  t.same(
    [...first.results, ...second.results].map(({ user_id }) => user_id),
    users.map(({ user_id }) => user_id).toReversed(),
  )
  t.equal(second.next_cursor, null)
  t.same((await list({ ...query, to: from })).results, [])
})

t.test('malformed filters are rejected', async t => {
  for (const [field, value] of Object.entries({
    user_id: 'leia',
    kind: 'DROP',
    from: 'yesterday',
    to: '2026',
    limit: '0',
  }))
    expectError(t, await call(app, 'GET', `${URL}?${field}=${value}`, { token: admin.token }), 400, 'request-invalid', {
      field,
    })
})

t.test('a time that the format allows but `Date` cannot read is rejected', async t => {
  for (const field of ['from', 'to'])
    for (const time of ['2026-06-30T23:59:60Z', '2026-06-30T23:59:59%2B01']) {
      const response = await call(app, 'GET', `${URL}?${field}=${time}`, { token: admin.token })
      expectError(t, response, 400, 'request-invalid', { field })
    }
})

t.test('only administrators read the events of all users', async t => {
  const { token } = await logIn(app)
  expectError(t, await call(app, 'GET', URL, { token }), 403, 'forbidden')
  t.equal(codeOf(await call(app, 'GET', URL)), 'authorisation-required')
})

t.test('a deleted account leaves one event, which says who deleted it and nothing personal', async t => {
  const user = await logIn(app)
  await call(app, 'DELETE', `/users/v1/${user.user_id}`, { token: admin.token })
  t.match(await list({ user_id: user.user_id }), {
    results: [{ kind: 'deleted', actor_id: admin.user_id, ip: null, device: null }],
  })
  const self = await logIn(app)
  const payload = { password: PASSWORD }
  await call(app, 'DELETE', `/users/v1/${self.user_id}`, { token: self.token, payload })
  t.match(await list({ user_id: self.user_id }), { results: [{ kind: 'deleted', actor_id: self.user_id, ip: null }] })
})

t.test('what a deleted administrator did stays, without where from', async t => {
  const other = await administrator(app)
  const user = await logIn(app)
  await call(app, 'PATCH', `/users/v1/${user.user_id}`, { token: other.token, payload: { disabled: true } })
  await call(app, 'DELETE', `/users/v1/${other.user_id}`, { token: admin.token })
  const { results } = await list({ actor_id: other.user_id, kind: 'disabled' })
  t.match(results, [{ user_id: user.user_id, ip: null, device: null }])
})

t.test('an administrator who signs up another one is named', async t => {
  const email = newEmail()
  const payload = { email, password: PASSWORD, access_role: 'admin' }
  await call(app, 'POST', '/users/v1/signup', { token: admin.token, payload })
  const { results } = await list({ actor_id: admin.user_id, kind: 'signed-up' })
  t.equal(results.length, 1)
})
