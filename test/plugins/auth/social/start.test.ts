// Social login costs nothing where it is not configured, and little before its first use.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { build, call, type Environment, environment, type Test } from '../../../support/app.ts'
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
  const isLoaded = () => ['openid-client', 'jose'].some(name => loaded.includes(name))
  const before = isLoaded()
  await app.inject('/social/v1/github/authorize')
  console.log(JSON.stringify({ before, after: isLoaded() }))
  await app.close()`

async function loadedWith(t: Test, settings: Environment): Promise<unknown> {
  const env = { ...process.env, ...(await environment(t, settings)) }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT], { env })
  return JSON.parse(stdout)
}

t.test("the protocol's libraries are loaded at the first login, not at the start", async t => {
  t.same(await loadedWith(t, OFFLINE_PROVIDER), { before: false, after: true })
  t.same(await loadedWith(t, {}), { before: false, after: false }, 'never without a provider')
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
