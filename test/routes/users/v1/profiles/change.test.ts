import t from 'tap'
import { administrator, build, call, codeOf, environment, logIn, newEmail, REAL } from '../../../../support/app.ts'
import { expectError } from '../../../../support/error-response.ts'

/** An id that no user has. */
const ABSENT = Number.MAX_SAFE_INTEGER

const PROFILE = {
  first_name: 'Leia',
  last_name: 'Organa',
  phone_number: '+47 22 33 44 55',
  address: 'Royal Palace, Aldera',
  national_id: 'AL-1138',
}

t.test('PATCH changes what is named, and null clears', async t => {
  const app = await build(t)
  const { token, user_id } = await logIn(app)
  const patch = (payload: object) => call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload })
  t.match((await patch(PROFILE)).json(), PROFILE)
  t.match((await patch({ last_name: 'Solo', address: null })).json(), { ...PROFILE, last_name: 'Solo', address: null })
  t.match((await call(app, 'GET', '/users/v1/me', { token })).json(), {
    first_name: 'Leia',
    last_name: 'Solo',
    address: null,
  })
})

t.test('what nobody would see is as good as nothing', async t => {
  const app = await build(t)
  const { token, user_id } = await logIn(app)
  const payload = { first_name: '\u200b', last_name: ' ', national_id: '\u3164' }
  const changed = await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload })
  t.match(changed.json(), { first_name: null, last_name: null, national_id: null })
})

t.test('PUT replaces the profile: what is not named is cleared', async t => {
  const app = await build(t)
  const { token, user_id } = await logIn(app)
  await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: PROFILE })
  const put = await call(app, 'PUT', `/users/v1/${user_id}`, { token, payload: { first_name: 'Han' } })
  t.match(put.json(), { first_name: 'Han', last_name: null, phone_number: null, address: null, national_id: null })
})

const REFUSED = {
  'an unknown property': { owner_proved_at: 1 },
  'an id': { id: 'x' },
  'a hash': { password_hash: 'x' },
  'a number for a name': { first_name: 7 },
  'control characters': { first_name: 'Leia\u0000' },
  'a name too long': { first_name: 'x'.repeat(101) },
  'a phone number of letters': { phone_number: 'call me' },
  'an unknown role': { access_role: 'jedi' },
}

t.test('read-only fields are rejected, and change nothing (mass assignment)', async t => {
  const app = await build(t)
  const { token, user_id } = await logIn(app)
  const before = await app.db.selectFrom('users').selectAll().execute()
  for (const [name, payload] of Object.entries(REFUSED)) {
    for (const method of ['PATCH', 'PUT'] as const) {
      const answer = await call(app, method, `/users/v1/${user_id}`, { token, payload })
      t.equal(answer.statusCode, 400, `${method} with ${name}`)
      t.equal(codeOf(answer), 'request-invalid')
    }
  }
  t.same(await app.db.selectFrom('users').selectAll().execute(), before)
})

for (const payload of [{ access_role: 'admin' }, { disabled: false }]) {
  t.test(`only administrators can change ${Object.keys(payload)} (escalation)`, async t => {
    const app = await build(t)
    const { token, user_id } = await logIn(app)
    t.equal(codeOf(await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload })), 'forbidden')
    t.equal((await call(app, 'GET', '/users/v1/me', { token })).json().access_role, 'basic')
  })
}

t.test('others are changed by administrators only; unknown users are 404', async t => {
  const app = await build(t)
  const [user, other, admin] = [await logIn(app), await logIn(app), await administrator(app)]
  const patch = (id: number, token: string) =>
    call(app, 'PATCH', `/users/v1/${id}`, { token, payload: { first_name: 'Han' } })
  t.equal(codeOf(await patch(other.user_id, user.token)), 'forbidden')
  t.equal((await patch(other.user_id, admin.token)).json().first_name, 'Han')
  t.equal(codeOf(await patch(ABSENT, admin.token)), 'not-found')
})

const ENDING: Record<string, { access_role: string } | { disabled: boolean }> = {
  'a change of role': { access_role: 'admin' },
  'a disabling': { disabled: true },
}
for (const [name, payload] of Object.entries(ENDING)) {
  t.test(`${name} applies immediately to issued tokens, here and on another instance`, async t => {
    const env = await environment(t)
    const [here, there] = [await build(t, env), await build(t, env)]
    const user = await logIn(here)
    const admin = await administrator(here)
    t.equal((await call(there, 'GET', '/films/v1/', { token: user.token })).statusCode, 200)

    t.equal((await call(here, 'PATCH', `/users/v1/${user.user_id}`, { token: admin.token, payload })).statusCode, 200)

    t.equal(codeOf(await call(here, 'GET', '/films/v1/', { token: user.token })), 'token-invalid')
    t.equal(
      codeOf(await call(here, 'POST', '/users/v1/generate_tokens', { token: user.refresh_token })),
      'token-invalid',
    )
    // Through Redis by now, or at the latest with the next sync.
    await there.revocations.sync()
    t.equal(codeOf(await call(there, 'GET', '/films/v1/', { token: user.token })), 'token-invalid')
  })
}

t.test('the history records roles and disabling', async t => {
  const app = await build(t)
  const [user, admin] = [await logIn(app), await administrator(app)]
  const patch = (payload: object) => call(app, 'PATCH', `/users/v1/${user.user_id}`, { token: admin.token, payload })
  await patch({ access_role: 'admin' })
  await patch({ access_role: 'admin' })
  await patch({ disabled: true })
  await patch({ disabled: false })
  const events = await call(app, 'GET', `/users/v1/${user.user_id}/events?limit=100`, { token: admin.token })
  const kinds = events.json().results.map((event: { kind: string }) => event.kind)
  for (const kind of ['promoted', 'disabled', 'enabled', 'session-ended', 'logged-in', 'signed-up', 'email-verified']) {
    t.equal(kinds.filter((each: string) => each === kind).length, 1, kind)
  }
})

t.test('the last administrator can neither demote nor disable nor delete itself', async t => {
  const app = await build(t)
  const admin = await administrator(app)
  const url = `/users/v1/${admin.user_id}`
  // This one cannot log in, so it does not count.
  const email = newEmail()
  await call(app, 'POST', '/users/v1/signup', {
    token: admin.token,
    payload: { email, password: 'Alderaan1977', access_role: 'admin' },
  })
  for (const payload of [{ access_role: 'basic' }, { disabled: true }]) {
    const answer = await call(app, 'PATCH', url, { token: admin.token, payload })
    t.equal(answer.statusCode, 409)
    t.equal(codeOf(answer), 'last-administrator')
  }
  const payload = { password: 'Alderaan1977' }
  t.equal(codeOf(await call(app, 'DELETE', url, { token: admin.token, payload })), 'last-administrator')
  t.equal((await call(app, 'GET', '/users/v1/', { token: admin.token })).statusCode, 200)
})

const LEAVING = {
  demote: ['PATCH', { access_role: 'basic' }],
  disable: ['PATCH', { disabled: true }],
  delete: ['DELETE', undefined],
} as const
for (const [name, [method, payload]] of Object.entries(LEAVING)) {
  t.test(`of two administrators that ${name} each other at once one remains`, async t => {
    const env = await environment(t)
    const here = await build(t, env)
    const there = REAL ? await build(t, env) : here
    const [one, two] = [await administrator(here), await administrator(here)]
    const remove = (app: typeof here, id: number, token: string) =>
      call(app, method, `/users/v1/${id}`, { token, ...(payload && { payload }) })
    const answers = await Promise.all([remove(here, one.user_id, two.token), remove(there, two.user_id, one.token)])
    t.ok(
      answers.every(answer => answer.statusCode < 500),
      answers.map(answer => answer.statusCode).join(),
    )
    const admins = await here.db
      .selectFrom('users')
      .select('id')
      .where('access_role', '=', 'admin')
      .where('disabled', '=', 0)
      .execute()
    t.equal(admins.length, 1)
  })
}

t.test('a user who is deleted right after the change is not found', async t => {
  const app = await build(t)
  const { token, user_id } = await logIn(app)
  const { get } = app.users
  const deleteThenGet = async (id: number) => {
    await app.db.deleteFrom('users').where('id', '=', id).execute()
    return get(id)
  }
  t.teardown(t.intercept(app.users, 'get', { value: deleteThenGet }).restore)
  const response = await call(app, 'PATCH', `/users/v1/${user_id}`, { token, payload: { first_name: 'Leia' } })
  expectError(t, response, 404, 'not-found')
})
