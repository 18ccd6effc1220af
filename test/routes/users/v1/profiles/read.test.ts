import t from 'tap'
import { administrator, build, call, codeOf, environment, logIn, REAL } from '../../../../support/app.ts'

/** An id that no user has. */
const ABSENT = Number.MAX_SAFE_INTEGER

t.test('me is the caller, without secrets', async t => {
  const app = await build(t)
  const { token, user_id, email } = await logIn(app)
  const me = await call(app, 'GET', '/users/v1/me', { token })
  t.equal(me.statusCode, 200)
  const nothing = {
    first_name: null,
    last_name: null,
    phone_number: null,
    address: null,
    national_id: null,
    locale: null,
    avatar_url: null,
  }
  const { created, ...user } = me.json()
  t.same(user, {
    id: user_id,
    email,
    access_role: 'basic',
    email_verified: true,
    disabled: false,
    mfa_enabled: false,
    ...nothing,
  })
  t.ok(Math.abs(Date.parse(created) - Date.now()) < 60_000)
})

t.test('users read themselves, not others; administrators read anybody', async t => {
  const app = await build(t)
  const [user, other, admin] = [await logIn(app), await logIn(app), await administrator(app)]
  const read = (id: number, token: string) => call(app, 'GET', `/users/v1/${id}`, { token })
  t.equal((await read(user.user_id, user.token)).json().email, user.email)
  t.equal(codeOf(await read(other.user_id, user.token)), 'forbidden')
  t.equal(codeOf(await read(ABSENT, user.token)), 'forbidden', 'whether there is such a user is not told')
  t.equal((await read(user.user_id, admin.token)).json().email, user.email)
  const missing = await read(ABSENT, admin.token)
  t.equal(missing.statusCode, 404)
  t.equal(codeOf(missing), 'not-found')
})

t.test('no reader sees the old state after a change was acknowledged, on any instance', async t => {
  const env = await environment(t)
  // Two SQLite instances have a cache each: the embedded profile is one process.
  const app = await build(t, env)
  const readers = env.REDIS_URL ? [app, await build(t, env)] : [app]
  const { token, user_id } = await logIn(app)
  let acknowledged = 0
  let stale = 0
  let running = true
  const hammer = async (instance: typeof app) => {
    while (running) {
      const before = acknowledged
      const { first_name } = (await call(instance, 'GET', '/users/v1/me', { token })).json()
      if (Number(first_name?.slice(1) ?? 0) < before) stale++
      // Everybody gets a turn, or the readers would keep the process to themselves.
      await new Promise(setImmediate)
    }
  }
  const hammers = readers.flatMap(instance => [hammer(instance), hammer(instance), hammer(instance)])
  for (let i = 1; i <= 40; i++) {
    await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: `n${i}` } })
    acknowledged = i
  }
  running = false
  await Promise.all(hammers)
  t.equal(stale, 0)
})

t.test('on MySQL without Redis no instance caches what another one may change', { skip: !REAL }, async t => {
  const { REDIS_URL: _, ...env } = await environment(t)
  const [here, there] = [await build(t, env), await build(t, env)]
  const { token, user_id } = await logIn(here)
  for (const first_name of ['Leia', 'Han']) {
    await call(here, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name } })
    t.equal((await call(there, 'GET', '/users/v1/me', { token })).json().first_name, first_name)
  }
})

t.test('without Redis me comes from the database', { skip: !process.env.TEST_REDIS_URL }, async t => {
  const app = await build(t, { REDIS_URL: 'redis://127.0.0.1:1' })
  const { token, user_id } = await logIn(app)
  await call(app, 'GET', '/users/v1/me', { token })
  await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { last_name: 'Organa' } })
  t.equal((await call(app, 'GET', '/users/v1/me', { token })).json().last_name, 'Organa')
})
