// What happens at once: one account and one link for each identity, on all instances.
import t from 'tap'
import { administrator, build, call, codeOf, type LoggedIn, logIn, reauthenticated } from '../../support/app.ts'
import type { OpenidServer } from '../../support/providers/openid.ts'
import { Browser, gained, withAll, withCorp } from '../../support/social.ts'

t.test('threat: twenty callbacks of one person at once make one account', async t => {
  const { app, env } = await withCorp(t)
  const instances = [app, await build(t, env)]
  const browsers = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const browser = new Browser(instances[i % 2] ?? app)
      return { browser, callback: await browser.callback('corp') }
    }),
  )
  const responses = await Promise.all(browsers.map(({ browser, callback }) => browser.open(callback)))
  t.same(new Set(responses.map(({ statusCode }) => statusCode)), new Set([303]))
  t.match(await gained(app), { users: 1, logins: 1 })
  t.equal(new Set(await Promise.all(browsers.map(({ browser }) => browser.user()))).size, 1)
})

t.test('threat: twenty at once open one callback, and the provider accepts its code each time', async t => {
  const { app, env } = await withCorp(t, { reusableCodes: true })
  const instances = [app, await build(t, env)]
  const browser = new Browser(app)
  const callback = await browser.callback('corp')
  const responses = await Promise.all(
    Array.from({ length: 20 }, (_, i) => {
      const copy = new Browser(instances[i % 2] ?? app)
      for (const [name, value] of browser.cookies) copy.cookies.set(name, value)
      return copy.open(callback)
    }),
  )
  t.equal(responses.filter(({ statusCode }) => statusCode === 303).length, 1)
  t.equal((await gained(app)).sessions, 1)
})

t.test('threat: one identity is linked to two users at once', async t => {
  const { app, corp, env } = await withCorp(t)
  const other = await build(t, env)
  const users = [await reauthenticated(app, await logIn(app)), await reauthenticated(app, await logIn(app))]
  const responses = await Promise.all(
    users.map(({ token }, i) =>
      call(i ? other : app, 'POST', '/social/v1/corp', {
        token,
        payload: { id_token: corp.issue({ nonce: `nonce-${i}` }), nonce: `nonce-${i}` },
      }),
    ),
  )
  t.same(responses.map(({ statusCode }) => statusCode).sort(), [200, 409])
  t.equal((await gained(app)).logins, 1)
})

t.test('threat: the last two methods are unlinked at the same moment', async t => {
  const { app, corp, google, env } = await withAll(t)
  const other = await build(t, env)
  const posted = (provider: string, server: OpenidServer, nonce: string, token?: string) =>
    call(app, 'POST', `/social/v1/${provider}`, {
      payload: { id_token: server.issue({ nonce }), nonce },
      ...(token !== undefined && { token }),
    })
  const first = (await posted('corp', corp, 'login')).json<LoggedIn>()
  const { transaction, nonce } = (
    await call(app, 'POST', '/social/v1/corp/transaction', { token: first.token, payload: { reauthenticate: true } })
  ).json<{ transaction: string; nonce: string }>()
  const proof = { transaction, id_token: corp.issue({ nonce, auth_time: Math.floor(Date.now() / 1000) }) }
  const again = await call(app, 'POST', '/social/v1/corp/reauthenticate', { token: first.token, payload: proof })
  const { token } = again.json<LoggedIn>()
  t.equal((await posted('google', google, 'link', token)).statusCode, 200)

  const methods = (await call(app, 'GET', '/users/v1/login_methods', { token })).json<{ results: { id: string }[] }>()
  t.equal(methods.results.length, 2)
  const responses = await Promise.all(
    methods.results.map(({ id }, i) => call(i ? other : app, 'DELETE', `/users/v1/login_methods/${id}`, { token })),
  )
  t.same(responses.map(({ statusCode }) => statusCode).sort(), [200, 400])
  t.ok(responses.some(response => codeOf(response) === 'last-login-method'))
  t.equal((await gained(app)).logins, 1, 'one is left')
})

t.test('threat: an account is deleted during a callback', async t => {
  const { app, corp } = await withCorp(t)
  const browser = new Browser(app)
  await browser.logIn('corp')
  const user_id = Number(await browser.user())
  const { token } = await administrator(app)
  const again = new Browser(app)
  const callback = await again.callback('corp')
  corp.counterpart.fail('/token', 'hold')
  const before = corp.counterpart.count('/token')
  const waiting = again.open(callback)
  await corp.counterpart.received('/token', before + 1)
  const deletion = await call(app, 'DELETE', `/users/v1/${user_id}`, { token })
  t.equal(deletion.statusCode, 200)
  corp.counterpart.heal()
  const { statusCode } = await waiting
  t.ok(statusCode < 500, String(statusCode))
  t.not(await again.user(), user_id)
  const sessions = await app.db
    .selectFrom('sessions')
    .select('id')
    .where('user_id', '=', user_id)
    .where('revoked_at', 'is', null)
    .execute()
  t.same(sessions, [])
})
