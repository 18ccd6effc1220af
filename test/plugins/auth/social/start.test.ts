// Social login costs nothing where it is not configured, and little before its first use.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { build, call, environment } from '../../../support/app.ts'
import { documentOf } from '../../../support/document.ts'
import { OFFLINE_PROVIDER } from '../../../support/providers/offline.ts'
import { routesOf } from '../../../support/routes.ts'

/** Lists the packages that a start loads. */
const SCRIPT = `
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ resolve: (specifier, context, next) => (loaded.push(specifier), next(specifier, context)) })
  const { build } = await import('./app.ts')
  const { readConfig } = await import('./plugins/config/index.ts')
  const app = build(readConfig({ ...process.env, LOG_LEVEL: 'silent' }))
  await app.ready()
  const before = loaded.includes('openid-client')
  await app.inject('/social/v1/github/authorize')
  console.log(JSON.stringify({ before, after: loaded.includes('openid-client') }))
  await app.close()`

t.test("the protocol's library is loaded at the first login, not at the start", async t => {
  const env = { ...process.env, ...(await environment(t, OFFLINE_PROVIDER)) }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT], { env })
  t.same(JSON.parse(stdout), { before: false, after: true })
})

t.test('without a provider there are no routes, no operations and no metrics', async t => {
  const app = await build(t)
  const urls = routesOf(app).map(({ url }) => url)
  t.notOk(urls.some(url => /social|login_methods/.test(url)))
  const document = await documentOf(app)
  t.notOk(Object.keys(document.paths).some(path => /social|login_methods/.test(path)))
  t.notOk(Object.keys(document.components.schemas).some(name => /Social|Provider/.test(name)))
  t.notMatch((await call(app, 'GET', '/metrics')).body, 'holocron_social')
  t.equal((await call(app, 'GET', '/social/v1/providers')).statusCode, 404)
})
