// Broken object-level authorization (OWASP API1): what one user has made, another asks for by its id. Routes are found in the running application: a new one is among them.
import type { FastifyInstance, HTTPMethods, RouteOptions } from 'fastify'
import t from 'tap'
import { build as buildApp } from '../../../../app.ts'
import type { Access } from '../../../../plugins/auth/access/kinds.ts'
import { readConfig } from '../../../../plugins/config/index.ts'
import { call, environment, type LoggedIn, logIn, reauthenticated, type Test } from '../../../support/app.ts'
import { documentOf, type OpenApi, type Schema } from '../../../support/document.ts'
import { makers } from '../../../support/owned.ts'
import { OFFLINE_PROVIDER } from '../../../support/providers/offline.ts'
import { sampleOf } from '../../../support/samples.ts'

interface GuardedRoute {
  name: string
  method: HTTPMethods
  url: string
  access: Access
  params: string[]
  /** What the body must be. */
  form: Schema | undefined
}

/** Parameters that name what belongs to nobody, or to a browser: the provider's questions are those of who has their cookie. */
const NOBODYS = ['provider', 'uid']

const PARAMETER = /:(\w+)(?:\([^)]*\))?/g

/** The application, and each of its guarded routes with a path parameter. */
async function setUp(t: Test) {
  const app = buildApp(readConfig(await environment(t, OFFLINE_PROVIDER)))
  t.teardown(() => app.close())
  const routes: RouteOptions[] = []
  app.addHook('onRoute', route => void routes.push(route))
  await app.ready()
  return { app, routes: routes.flatMap(guarded) }
}

function guarded({ url, method, config, schema }: RouteOptions): GuardedRoute[] {
  const params = [...url.matchAll(PARAMETER)].map(([, name = '']) => name).filter(name => !NOBODYS.includes(name))
  const { access = 'user', shared = false } = config ?? {}
  if (params.length === 0 || access === 'public') return []
  return (
    [method]
      .flat()
      // What belongs to no user may be read by every user, and changed by administrators alone.
      .filter(method => !shared || !(['GET', 'HEAD'].includes(method) || access === 'admin'))
      .map(method => ({
        name: `${method} ${url}`,
        method: method as HTTPMethods,
        url,
        access,
        params,
        form: schema?.body as Schema | undefined,
      }))
  )
}

/** A body that the route takes: a sample of its media type, its example in the document, or that of a page's form. */
async function exampleBody({ paths, components }: OpenApi, { url, method, form }: GuardedRoute) {
  const operation = paths[url.replace(PARAMETER, '{$1}')]?.[method.toLowerCase()]
  const content = operation?.requestBody?.content ?? {}
  for (const type of Object.keys(content)) {
    const payload = await sampleOf(type)
    if (payload) return { payload, headers: { 'content-type': type } }
  }
  const schema = content['application/json']?.schema
  const name = schema?.$ref?.split('/').at(-1)
  const { examples } = (name ? components.schemas[name] : (schema ?? form)) ?? ({} as Schema)
  const payload = (examples as object[] | undefined)?.[0]
  return payload && { payload }
}

function path({ url }: GuardedRoute, ids: Record<string, string | number>): string {
  return url.replace(PARAMETER, (_, name: string) => String(ids[name]))
}

const make = await makers()

/** One of everything that the route's path names, all of it this user's. */
async function belongings(app: FastifyInstance, { params }: GuardedRoute, { token }: LoggedIn) {
  const ids: Record<string, string | number> = {}
  for (const param of params) ids[param] = (await make.get(param)?.(app, token)) ?? 'nothing'
  return ids
}

t.test('each parameter of a protected path has a known owner', async t => {
  const { routes } = await setUp(t)
  t.ok(routes.length >= 8)
  for (const param of new Set(routes.flatMap(({ params }) => params))) {
    t.ok(
      make.has(param),
      `${param}: unknown whose it is. Write test/routes/…/owned.ts or <name>.owned.ts beside the resource's tests: \`export default { param: '${param}', make: async (app, token) => id } satisfies Owned\`; or, if it belongs to no user, say \`shared: true\` in the route's config`,
    )
  }
})

t.test(
  "a user's things are 403 or 404 for another user, by every route, and are still there for their owner",
  async t => {
    const { app, routes } = await setUp(t)
    const document = await documentOf(app)
    for (const route of routes) {
      const [owner, stranger] = [await reauthenticated(app, await logIn(app)), await logIn(app)]
      const ids = await belongings(app, route, owner)
      const body = await exampleBody(document, route)
      const ask = (url: string, { token }: LoggedIn) => call(app, route.method as 'GET', url, { token, ...body })

      const foreign = await ask(path(route, ids), stranger)
      t.ok([403, 404].includes(foreign.statusCode), `${route.name}: ${foreign.statusCode} ${foreign.body}`)
      if (route.params.length > 1 && route.params.includes('user_id')) {
        const mixed = await ask(path(route, { ...ids, user_id: stranger.user_id }), stranger)
        t.ok([403, 404].includes(mixed.statusCode), `${route.name}, below the stranger's own id: ${mixed.statusCode}`)
      }
      if (route.access === 'admin') continue
      const own = await ask(path(route, ids), owner)
      t.ok(own.statusCode < 300 || own.statusCode === 303, `${route.name}, by the owner: ${own.statusCode} ${own.body}`)
    }
  },
)
