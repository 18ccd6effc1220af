/** docs/frontend.md at its word: its client, extracted and run, survives what tabs do to each other. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { build, type LoggedIn, listen, logIn, PASSWORD } from '../support/app.ts'
import { age, logOut, nextTokens, reuseEvents, sessionOf } from '../support/session.ts'

interface Store {
  get(): LoggedIn | undefined
  set(tokens: LoggedIn | undefined): void
}

interface Call {
  (path: string, init?: RequestInit): Promise<Response>
  exchange(path: string, init: RequestInit): Promise<Response>
}

interface Example {
  createClient(base: string, store: Store): Call
  LoggedOut: typeof Error
}

const page = await readFile(join(import.meta.dirname, '../../docs/frontend.md'), 'utf8')
const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(page) ?? []
const file = join(t.testdir({}), 'client.ts')
await writeFile(file, code)
const { createClient, LoggedOut }: Example = await import(pathToFileURL(file).href)

const app = await build(t)
const base = await listen(app)

function storeOf(tokens: LoggedIn | undefined): Store {
  let kept = tokens
  return {
    get: () => kept,
    set(next) {
      kept = next
    },
  }
}

const loggedOut = (response: Promise<Response>) =>
  response.then(
    () => false,
    error => error instanceof LoggedOut,
  )

const FILMS = '/films/v1/'

t.test('forty parallel requests of two tabs around a refresh all succeed, by one refresh', async t => {
  const first = await logIn(app)
  // The access token is dead, as after its expiry; the refresh token is the current one.
  const store = storeOf({ ...(await nextTokens(app, first.refresh_token)), token: first.token })
  const tabs = [createClient(base, store), createClient(base, store)]
  const responses = await Promise.all(Array.from({ length: 40 }, (_, i) => tabs[i % 2]?.(FILMS)))
  t.ok(responses.every(response => response?.status === 200))
  t.equal((await sessionOf(app, first.token)).generation, 3)
  t.same(await reuseEvents(app, first.token), [])
})

t.test('a request with a body is sent again', async t => {
  const first = await logIn(app)
  const store = storeOf({ ...(await nextTokens(app, first.refresh_token)), token: first.token })
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ first_name: 'Leia' })
  const call = createClient(base, store)
  t.equal((await call(`/users/v1/${first.user_id}`, { method: 'PATCH', headers, body })).status, 200)
})

t.test('a session that has ended asks for the login, in all tabs, and is not tried again', async t => {
  const tokens = await logIn(app)
  const store = storeOf(tokens)
  const call = createClient(base, store)
  await logOut(app, tokens.token)
  t.ok(await loggedOut(call(FILMS)))
  t.equal(store.get(), undefined)
  t.ok(await loggedOut(createClient(base, store)(FILMS)))
})

t.test(
  'a lost response: the next call gets the same tokens within the grace period, and the login after it',
  async t => {
    const first = await logIn(app)
    const lost = await nextTokens(app, first.refresh_token)
    const store = storeOf(first)
    t.equal((await createClient(base, store)(FILMS)).status, 200)
    t.equal(store.get()?.token, lost.token)

    const late = storeOf(first)
    await age(app, lost.token, 10_001)
    t.ok(await loggedOut(createClient(base, late)(FILMS)))
  },
)

t.test('a service that is unavailable keeps the tokens', async t => {
  const store = storeOf({ ...(await logIn(app)), token: 'x' })
  const tokens = store.get()
  const answers = [401, 503]
  t.intercept(globalThis, 'fetch', { value: async () => new Response('{}', { status: answers.shift() ?? 500 }) })
  await t.rejects(createClient(base, store)(FILMS), { message: 'No refresh: 503' })
  t.equal(store.get(), tokens)
})

t.test('tokens that a reauthentication returns replace the earlier ones, in all tabs', async t => {
  const store = storeOf(await logIn(app))
  const [tab, other] = [createClient(base, store), createClient(base, store)]
  const before = store.get()?.token
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ password: PASSWORD }),
  }
  t.equal((await tab.exchange('/users/v1/reauthenticate', init)).status, 200)
  t.not(store.get()?.token, before)
  t.equal((await other(FILMS)).status, 200)
})
