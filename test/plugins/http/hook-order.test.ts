// The order of hooks follows from what plugins declare, not from their files' names: the application is built with its folders read in several orders.
import { type Dirent, readdirSync } from 'node:fs'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { Test } from '../../support/app.ts'
import { expectSecurityHeaders } from '../../support/error-response.ts'

const PLUGINS = join(import.meta.dirname, '../../../plugins')

type Order = <Entry>(entries: Entry[]) => Entry[]

const forward: Order = entries => entries
const backward: Order = entries => [...entries].reverse()

/** As early as its dependencies allow. */
const first =
  (plugin: string): Order =>
  entries => {
    const rank = (entry: unknown) => Number(nameOf(entry) !== plugin && nameOf(entry) !== 'http')
    return entries.toSorted((one, other) => rank(one) - rank(other))
  }

const nameOf = (entry: unknown) => (typeof entry === 'string' ? entry : (entry as Dirent).name)

let order = forward

// autoload takes `readdir` when it is loaded, so it is replaced before that.
const readdir = fs.readdir
Object.assign(fs, {
  async readdir(...args: Parameters<typeof readdir>) {
    const entries = await readdir(...args)
    return /\/(plugins|routes)\b/.test(String(args[0])) ? order(entries) : entries
  },
})
const { build, call, environment, REAL } = await import('../../support/app.ts')
const { routesOf } = await import('../../support/routes.ts')

const ORIGIN = 'https://app.example'

const skip = REAL && 'the order of hooks does not depend on the profile'

const IN_MEMORY = { DATABASE_URL: 'sqlite::memory:' }

async function buildIn(t: Test, wanted: Order): Promise<FastifyInstance> {
  order = wanted
  const env = await environment(t, { ...IN_MEMORY, AUTH_RATE_LIMIT_MAX: '1', CORS_ORIGINS: ORIGIN })
  return build(t, env).finally(() => {
    order = forward
  })
}

const login = (app: FastifyInstance) =>
  call(app, 'POST', '/users/v1/login', { payload: { email: 'a@b.example', password: 'Alderaan1977' }, headers })

const headers = { origin: ORIGIN }

/** How each status comes about. */
const REFUSALS: Record<number, (app: FastifyInstance) => ReturnType<typeof call>> = {
  401: app => call(app, 'GET', '/films/v1/', { headers }),
  404: app => call(app, 'GET', '/nothing', { headers }),
  405: app => call(app, 'DELETE', '/users/v1/login', { headers }),
  429: async app => (await login(app)) && login(app),
  503(app) {
    app.passwords.isFull = () => true
    return login(app)
  },
}

const ORDERS: Record<string, Order> = {
  'by the alphabet': forward,
  backward,
  ...Object.fromEntries(
    readdirSync(join(PLUGINS, 'http'))
      .filter(name => name !== 'README.md')
      .map(plugin => [`with plugins/http/${plugin} first`, first(plugin)]),
  ),
}

const namesOf = (app: FastifyInstance) =>
  routesOf(app)
    .filter(({ method }) => method !== 'OPTIONS')
    .map(({ method, url }) => `${method} ${url}`)
    .sort()

async function statusesOf(app: FastifyInstance): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  // Each by another client: one request is all that the limits of this test allow.
  for (const [n, { method, url, path }] of routesOf(app).entries())
    if (method === 'GET')
      found[url] = (await call(app, method, path, { remoteAddress: `10.1.${n >> 8}.${n & 255}` })).statusCode
  return found
}

async function asUsual() {
  const app = await build(t, IN_MEMORY)
  return { names: namesOf(app), statuses: await statusesOf(app) }
}
let usual: ReturnType<typeof asUsual> | undefined

for (const [name, wanted] of Object.entries(ORDERS)) {
  t.test(`folders read ${name}`, { skip }, async t => {
    const app = await buildIn(t, wanted)
    for (const [status, provoke] of Object.entries(REFUSALS)) {
      t.test(`a ${status} carries the security headers, the request's id and CORS`, async t => {
        const response = await provoke(app)
        t.equal(response.statusCode, Number(status))
        t.equal(response.json().statusCode, Number(status), 'in the form of every error')
        expectSecurityHeaders(t, response.headers)
        t.equal(response.headers['cache-control'], 'no-store')
        t.match(response.headers['x-request-id'], /^[\w-]{10,}$/)
        t.equal(response.headers['access-control-allow-origin'], ORIGIN)
      })
    }
    t.test('the routes are the same, and each of their guards runs first', async t => {
      usual ??= asUsual()
      const { names, statuses } = await usual
      t.same(namesOf(app), names)
      t.same(await statusesOf(app), statuses)
    })
  })
}

t.test('the folders are really read in another order', async t => {
  order = backward
  const reversed = await fs.readdir(PLUGINS)
  order = forward
  t.same(reversed, (await fs.readdir(PLUGINS)).reverse())
})
