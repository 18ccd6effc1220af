import t from 'tap'
import {
  administrator,
  build,
  call,
  codeOf,
  environment,
  logIn,
  PASSWORD,
  verifiedUser,
} from '../../../../support/app.ts'
import { forgotten } from '../../../../support/mails.ts'

t.test(
  'a user deletes itself with its password: nothing of it is left, and its tokens are dead everywhere',
  async t => {
    const env = await environment(t)
    const [here, there] = [await build(t, env), await build(t, env)]
    const { user_id, token, refresh_token, email } = await logIn(here)
    await forgotten(here, email)
    const answer = await call(here, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } })
    t.equal(answer.statusCode, 200)
    t.same(answer.json(), { id: user_id })

    for (const app of [here, there]) {
      await app.revocations.sync()
      t.equal(codeOf(await call(app, 'GET', '/films/v1/', { token })), 'token-invalid')
    }
    t.equal(codeOf(await call(here, 'POST', '/users/v1/generate_tokens', { token: refresh_token })), 'user-not-found')
    t.equal(
      codeOf(await call(here, 'POST', '/users/v1/login', { payload: { email, password: PASSWORD } })),
      'not-found',
    )
    const events = here.db
      .selectFrom('audit_events')
      .select(['kind', 'ip', 'user_agent'])
      .where('user_id', '=', user_id)
    t.same(await events.execute(), [{ kind: 'deleted', ip: null, user_agent: null }])
    for (const table of ['outbox', 'one_time_tokens'] as const) {
      t.same(await here.db.selectFrom(table).selectAll().where('user_id', '=', user_id).execute(), [], table)
    }
    t.same(await here.db.selectFrom('outbox').selectAll().where('recipient', '=', email).execute(), [])
    const kept = await here.db
      .selectFrom('sessions')
      .select(['ip', 'user_agent'])
      .where('user_id', '=', user_id)
      .execute()
    t.ok(
      kept.every(({ ip, user_agent }) => ip === null && user_agent === null),
      'what is kept of its sessions is nothing personal',
    )
  },
)

t.test("deleting one's own account requires the password", async t => {
  const app = await build(t)
  const { user_id, token } = await logIn(app)
  for (const [code, payload] of [
    ['password-wrong', { password: 'Wrong1234567' }],
    ['reauthentication-required', {}],
    ['reauthentication-required', undefined],
  ] as const) {
    const answer = await call(app, 'DELETE', `/users/v1/${user_id}`, { token, ...(payload && { payload }) })
    t.equal(answer.statusCode, 403)
    t.equal(codeOf(answer), code)
  }
  t.equal((await call(app, 'GET', '/users/v1/me', { token })).statusCode, 200)
})

t.test('others are deleted by administrators only', async t => {
  const app = await build(t)
  const [user, other, admin] = [await logIn(app), await logIn(app), await administrator(app)]
  const remove = (id: number, token: string) => call(app, 'DELETE', `/users/v1/${id}`, { token })
  t.equal(codeOf(await remove(other.user_id, user.token)), 'forbidden')
  t.equal((await remove(other.user_id, admin.token)).statusCode, 200)
  t.equal(codeOf(await remove(other.user_id, admin.token)), 'not-found')
})

t.test('a deletion during logins leaves no session that works', async t => {
  const app = await build(t)
  const user = await verifiedUser(app)
  const { user_id, token } = await logIn(app, user)
  const logins = Array.from({ length: 8 }, () => call(app, 'POST', '/users/v1/login', { payload: user }))
  const [deletion, ...answers] = await Promise.all([
    call(app, 'DELETE', `/users/v1/${user_id}`, { token, payload: { password: PASSWORD } }),
    ...logins,
  ])
  t.equal(deletion?.statusCode, 200)
  for (const answer of answers) {
    t.ok([200, 404].includes(answer.statusCode))
    if (answer.statusCode !== 200) continue
    t.equal((await call(app, 'GET', '/films/v1/', { token: answer.json().token })).statusCode, 401)
    t.ok(
      (await call(app, 'POST', '/users/v1/generate_tokens', { token: answer.json().refresh_token })).statusCode >= 400,
    )
  }
  const live = await app.db.selectFrom('sessions').select('id').where('revoked_at', 'is', null).execute()
  t.same(live, [])
})
