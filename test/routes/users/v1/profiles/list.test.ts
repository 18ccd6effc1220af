import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { administrator, build, call, codeOf, logIn } from '../../../../support/app.ts'

/** Twelve users with alternating flags, beside the administrator who asks. */
async function fill(app: FastifyInstance): Promise<void> {
  const users = Array.from({ length: 12 }, (_, i) => ({
    email: `${i % 2 ? 'rebel' : 'imperial'}${String(i).padStart(2, '0')}@list.example`,
    password_hash: 'x',
    access_role: 'basic' as const,
    email_verified: (i % 3 ? 1 : 0) as 0 | 1,
    disabled: (i % 4 ? 0 : 1) as 0 | 1,
    created_at: 0,
    updated_at: 0,
    last_login_at: null,
  }))
  await app.db.insertInto('users').values(users).execute()
}

interface Page {
  results: { id: number; email: string; disabled: boolean; email_verified: boolean; access_role: string }[]
  next_cursor: string | null
}

async function allPages(app: FastifyInstance, token: string, query: string): Promise<Page['results'][]> {
  const pages = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const answer = await call(app, 'GET', `/users/v1/?${query}${cursor && `&cursor=${cursor}`}`, { token })
    const page = answer.json<Page>()
    pages.push(page.results)
    cursor = page.next_cursor
  }
  return pages
}

t.test('the pages of the list together contain everybody once', async t => {
  const app = await build(t)
  const { token } = await administrator(app)
  await fill(app)
  const pages = await allPages(app, token, 'limit=5')
  t.same(
    pages.map(page => page.length),
    [5, 5, 3],
  )
  t.equal(new Set(pages.flat().map(user => user.id)).size, 13)
})

t.test('pages stay where they are while users come', async t => {
  const app = await build(t)
  const { token } = await administrator(app)
  await fill(app)
  const first = (await call(app, 'GET', '/users/v1/?limit=5', { token })).json<Page>()
  await logIn(app)
  const second = (await call(app, 'GET', `/users/v1/?limit=5&cursor=${first.next_cursor}`, { token })).json<Page>()
  t.equal(new Set([...first.results, ...second.results].map(user => user.id)).size, 10)
})

const FILTERS: Record<string, (user: Page['results'][number]) => boolean> = {
  'email=rebel': user => user.email.startsWith('rebel'),
  'email=REBEL0': user => user.email.startsWith('rebel0'),
  'disabled=true': user => user.disabled,
  'disabled=false': user => !user.disabled,
  'email_verified=false': user => !user.email_verified,
  'access_role=admin': user => user.access_role === 'admin',
  'disabled=true&email=imperial': user => user.disabled && user.email.startsWith('imperial'),
  'email=nobody': () => false,
}

t.test('the list is filtered, page by page', async t => {
  const app = await build(t)
  const { token } = await administrator(app)
  await fill(app)
  const ids = (users: Page['results']) => users.map(user => user.id).sort((a, b) => a - b)
  const everybody = (await allPages(app, token, 'limit=100')).flat()
  for (const [query, belongs] of Object.entries(FILTERS)) {
    const found = (await allPages(app, token, `limit=2&${query}`)).flat()
    t.same(ids(found), ids(everybody.filter(belongs)), query)
  }
})

const NO_QUESTIONS = [
  'limit=0',
  'limit=101',
  'limit=x',
  'limit=1&limit=2',
  'cursor=%00',
  'cursor=a',
  // The text of no id: "x", "1.5", "01", "9007199254740993".
  'cursor=eA',
  'cursor=MS41',
  'cursor=MDE',
  'cursor=OTAwNzE5OTI1NDc0MDk5Mw',
  'disabled=maybe',
  'order=email',
]

t.test('the list rejects unknown parameters', async t => {
  const app = await build(t)
  const { token } = await administrator(app)
  for (const query of NO_QUESTIONS) {
    const answer = await call(app, 'GET', `/users/v1/?${query}`, { token })
    t.equal(answer.statusCode, 400, query)
    t.equal(codeOf(answer), 'request-invalid')
  }
})

t.test('the list is for administrators', async t => {
  const app = await build(t)
  const { token } = await logIn(app)
  t.equal(codeOf(await call(app, 'GET', '/users/v1/', { token })), 'forbidden')
  t.equal(codeOf(await call(app, 'GET', '/users/v1/')), 'authorisation-required')
})

t.test('the history is read by its user and by administrators, newest first, in pages', async t => {
  const app = await build(t)
  const [user, other, admin] = [await logIn(app), await logIn(app), await administrator(app)]
  const url = `/users/v1/${user.user_id}/events`
  t.equal(codeOf(await call(app, 'GET', url, { token: other.token })), 'forbidden')
  t.equal((await call(app, 'GET', url, { token: admin.token })).statusCode, 200)
  t.equal(
    codeOf(await call(app, 'GET', `/users/v1/${Number.MAX_SAFE_INTEGER}/events`, { token: admin.token })),
    'not-found',
  )

  const first = (await call(app, 'GET', `${url}?limit=1`, { token: user.token })).json()
  t.match(first.results, [{ kind: 'logged-in', ip: '127.0.0.1', device: 'lightMyRequest' }])
  const rest = (await call(app, 'GET', `${url}?cursor=${first.next_cursor}`, { token: user.token })).json()
  t.same(rest.results.map((event: { kind: string }) => event.kind).sort(), ['email-verified', 'signed-up'])
  t.equal(rest.next_cursor, null)
})
