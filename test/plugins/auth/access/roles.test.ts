// `config.access` of a route: who may call it. A route that says nothing is for users.
import t from 'tap'
import { build as buildApp } from '../../../../app.ts'
import type { Access } from '../../../../plugins/auth/access/kinds.ts'
import { readConfig } from '../../../../plugins/config/index.ts'
import { administrator, build, call, codeOf, environment, logIn } from '../../../support/app.ts'
import { accessKey, ed25519, partsOf, token as sign } from '../../../support/jwt/forge.ts'
import { buildWith, routesOf } from '../../../support/routes.ts'

t.test('a route that says nothing about access needs a good access token, and knows who calls', async t => {
  const app = await buildWith(t, async scope => {
    scope.get('/silent', async request => request.user)
    scope.get('/silent-too', { config: {} }, async () => 'open')
    scope.route({ method: ['PUT', 'DELETE'], url: '/silent-three', handler: async () => 'open' })
    scope.get('/hidden', { schema: { hide: true } as object }, async () => 'open')
    scope.all('/all', async () => 'open')
    await scope.register(async inner => void inner.get('/', async () => 'open'), { prefix: '/deep/down' })
  })
  const { token, refresh_token, user_id } = await logIn(app)
  const added = routesOf(app).filter(({ url }) => /silent|hidden|all$|deep/.test(url))
  t.ok(added.length > 15)
  for (const { method, path } of added) {
    const name = `${method} ${path}`
    t.equal((await call(app, method as 'GET', path)).statusCode, 401, name)
    t.equal((await call(app, method as 'GET', path, { token: refresh_token })).statusCode, 401, name)
    // A QUERY without a body is no good request, which it is told behind the guard.
    const { statusCode } = await call(app, method as 'GET', path, { token })
    t.equal(statusCode, method === 'QUERY' ? 400 : 200, name)
  }
  t.match((await call(app, 'GET', '/silent', { token })).json(), { user_id, access_role: 'basic' })
})

t.test('a route registered before the access check prevents the start: it would silently be public', async t => {
  const app = buildApp(readConfig(await environment(t)))
  t.teardown(() => app.close())
  t.throws(() => app.get('/early', async () => 'open'), /\/early: registered before plugins\/auth\/access/)
})

t.test('a route with an access that does not exist stops the start', async t => {
  for (const access of ['users', 'Public', '', 'identify', '__proto__', 'constructor']) {
    const app = buildApp(readConfig(await environment(t)))
    t.teardown(() => app.close())
    app.register(async scope => void scope.get('/typo', { config: { access: access as Access } }, async () => 'open'))
    await t.rejects(async () => void (await app.ready()), /\/typo: no such access/, access)
  }
})

t.test('admin routes refuse a basic user with 403, and open to an administrator', async t => {
  const app = await buildWith(t, async scope => {
    scope.get('/for-admins', { config: { access: 'admin' } }, async ({ user }) => ({ role: user.access_role }))
  })
  const basic = await logIn(app)
  const admin = await administrator(app)

  t.equal(codeOf(await call(app, 'GET', '/for-admins')), 'authorisation-required')
  t.equal(codeOf(await call(app, 'GET', '/for-admins', { token: 'x' })), 'token-invalid')
  t.equal(codeOf(await call(app, 'GET', '/for-admins', { token: admin.refresh_token })), 'token-invalid')
  const refused = await call(app, 'GET', '/for-admins', { token: basic.token })
  t.equal(refused.statusCode, 403)
  t.same(refused.json(), { status: 'error', statusCode: 403, error: 'Forbidden', message: 'forbidden' })
  t.notOk(refused.headers['www-authenticate'], 'logging in again would not help')
  t.equal((await call(app, 'HEAD', '/for-admins', { token: basic.token })).statusCode, 403)

  t.same((await call(app, 'GET', '/for-admins', { token: admin.token })).json(), { role: 'admin' })
  t.equal((await call(app, 'GET', '/films/v1/', { token: admin.token })).statusCode, 200, 'roles are ordered')
  await call(app, 'POST', '/users/v1/logout', { token: admin.token })
  t.equal((await call(app, 'GET', '/for-admins', { token: admin.token })).statusCode, 401)
})

t.test('the role is in the signed token: nobody can raise their own', async t => {
  const app = await buildWith(t, async scope => {
    scope.get('/for-admins', { config: { access: 'admin' } }, async () => 'open')
  })
  const { token } = await logIn(app)
  const { header, claims } = partsOf('access', token)
  const raised = { ...claims, access_role: 'admin' }
  const signature = token.slice(token.lastIndexOf('.') + 1)
  t.equal(
    (await call(app, 'GET', '/for-admins', { token: sign({ header, claims: raised, sign: () => signature }) }))
      .statusCode,
    401,
  )
  const foreign = ed25519(accessKey('another-horse-another-staple-4567'))
  t.equal(
    (await call(app, 'GET', '/for-admins', { token: sign({ header, claims: raised, sign: foreign }) })).statusCode,
    401,
  )
})

t.test(
  "owner routes open to the user that the path names and to administrators, and refuse everybody else's token with 403",
  async t => {
    const app = await buildWith(t, async scope => {
      scope.get('/users/:user_id/notes', { config: { access: 'owner' } }, async () => 'open')
    })
    const owner = await logIn(app)
    const other = await logIn(app)
    const admin = await administrator(app)
    const notes = (user_id: number | string, token?: string) =>
      call(app, 'GET', `/users/${user_id}/notes`, token === undefined ? {} : { token })

    t.equal(codeOf(await notes(owner.user_id)), 'authorisation-required')
    t.equal(codeOf(await notes(owner.user_id, owner.refresh_token)), 'token-invalid')
    t.equal((await notes(owner.user_id, owner.token)).statusCode, 200)
    t.equal((await notes(owner.user_id, admin.token)).statusCode, 200)
    const refused = await notes(owner.user_id, other.token)
    t.same(refused.json(), { status: 'error', statusCode: 403, error: 'Forbidden', message: 'forbidden' })
    t.notOk(refused.headers['www-authenticate'], 'logging in again would not help')
    for (const id of ['', '0', 'undefined', 'null', '[object Object]', '*', `${owner.user_id} `])
      t.equal((await notes(encodeURIComponent(id), owner.token)).statusCode, 403, `the id is ${JSON.stringify(id)}`)
  },
)

t.test('owner access without a user_id in the path stops the start', async t => {
  for (const url of ['/mine', '/mine/:id', '/mine/:user_idx']) {
    const app = buildApp(readConfig(await environment(t)))
    t.teardown(() => app.close())
    app.register(async scope => void scope.get(url, { config: { access: 'owner' } }, async () => 'open'))
    await t.rejects(async () => void (await app.ready()), /owner access needs the path parameter user_id/, url)
  }
})

t.test("a folder's scope may have another default: what is below a user's id is the owner's", async t => {
  const app = await build(t)
  const [one, other] = [await logIn(app), await logIn(app)]
  for (const path of ['', '/events']) {
    const url = `/users/v1/${one.user_id}${path}`
    t.equal((await call(app, 'GET', url, { token: one.token })).statusCode, 200, url)
    t.equal(codeOf(await call(app, 'GET', url, { token: other.token })), 'forbidden', url)
  }
  t.equal((await call(app, 'GET', '/users/v1/login', { token: one.token })).statusCode, 405, 'no id')
})
