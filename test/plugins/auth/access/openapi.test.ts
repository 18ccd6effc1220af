// The documentation says of every route what the guard does: both come from `config.access`.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import {
  administrator,
  build as buildApp,
  call,
  type Environment,
  logIn,
  type Test,
  verifiedUser,
} from '../../../support/app.ts'
import { browse, browserLogIn } from '../../../support/cookies.ts'
import { documentOf, type Operation } from '../../../support/document.ts'
import { OFFLINE_PROVIDER } from '../../../support/providers/offline.ts'
import { buildWith } from '../../../support/routes.ts'
import { outcome } from '../../../support/session.ts'

const build = (t: Test, env: Environment = {}) => buildApp(t, { ...OFFLINE_PROVIDER, ...env })

async function operationsOf(app: FastifyInstance) {
  const document = await documentOf(app)
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase() as 'GET',
      path: path.replace('{user_id}', '1').replace(/\{\w+\}/g, '00000000-0000-7000-8000-000000000000'),
      operation,
    })),
  )
  return { document, operations }
}

/** The error codes that an operation is said to answer with, by status. */
function codesOf({ responses }: Operation, status: number): string[] {
  return Object.keys(responses[status]?.content?.['application/json']?.examples ?? {})
}

const schemeOf = ({ security = [] }: Operation) => security.flatMap(each => Object.keys(each)).join()

t.test('an operation names a security scheme exactly where it refuses who comes without a token', async t => {
  const app = await build(t)
  const { document, operations } = await operationsOf(app)
  t.ok(operations.length >= 15)
  for (const { name, method, path, operation } of operations) {
    t.ok(Array.isArray(operation.security), `${name} says it outright`)
    const { statusCode } = await call(app, method, path)
    // Without the mailed token, or a login's half-way one, the doors that take these say 401 too.
    const guarded =
      statusCode === 401 &&
      !/\/(email_verification|password_reset|passkey|login\/mfa|sessions\/v1\/mfa|recovery_code)$/.test(path)
    t.equal(schemeOf(operation) !== '', guarded, name)
    for (const scheme of operation.security?.flatMap(each => Object.keys(each)) ?? []) {
      const type = { sessionCookie: 'apiKey', login: 'oauth2' }[scheme] ?? 'http'
      t.match(document.components.securitySchemes[scheme], { type }, name)
    }
  }
})

t.test('the scheme is that of the accepted token', async t => {
  const app = await build(t)
  const { operations } = await operationsOf(app)
  for (const { name, method, path, operation } of operations) {
    const scheme = schemeOf(operation)
    if (scheme === '') continue
    const session = await logIn(app)
    const [right, wrong] = scheme.includes('accessToken')
      ? [session.token, session.refresh_token]
      : [session.refresh_token, session.token]
    t.equal((await call(app, method, path, { token: wrong })).statusCode, 401, name)
    t.not((await call(app, method, path, { token: right })).statusCode, 401, name)
  }
})

t.test(
  'an operation says `cross-site` exactly where it refuses the cookie of a request that no page of ours made',
  async t => {
    const app = await build(t)
    const { operations } = await operationsOf(app)
    // Of an administrator, whom nothing else refuses.
    const user = await verifiedUser(app)
    await app.db.updateTable('users').set({ access_role: 'admin' }).where('email', '=', user.email).execute()
    const cookie = await browserLogIn(app, user)
    for (const { name, method, path, operation } of operations) {
      const response = await browse(app, method, path, cookie, { 'sec-fetch-site': 'cross-site' })
      const said = codesOf(operation, 403).includes('cross-site')
      // Public routes that ask whose page it is look at their body first.
      if (schemeOf(operation) === '')
        t.equal(said, path.startsWith('/sessions/v1/') || path === '/users/v1/token', name)
      else t.equal(said, outcome(response) === '403 cross-site', name)
    }
  },
)

t.test('protected operations document all their 401 and 403 responses, and public ones none of them', async t => {
  const app = await buildWith(t, async scope => {
    scope.get(
      '/for-admins',
      { config: { access: 'admin' }, schema: { operationId: 'admin' } as object },
      async () => 'open',
    )
    scope.get('/silent', { schema: { operationId: 'silent' } as object }, async () => 'open')
  })
  const { operations } = await operationsOf(app)
  const refused = ['authorisation-required', 'token-expired', 'token-invalid']
  for (const { name, path, operation } of operations) {
    if (/\/(metrics|email_verification|password_reset|passkey|login\/mfa|sessions\/v1\/mfa|recovery_code)$/.test(path))
      continue
    const guarded = schemeOf(operation) !== ''
    t.same(codesOf(operation, 401).sort(), guarded ? refused : [], `${name}: 401`)
  }
  const byPath = (path: string) => operations.filter(each => each.path === path).map(({ operation }) => operation)
  const forbidden = (path: string) => byPath(path).map(operation => codesOf(operation, 403).join())
  t.same(forbidden('/for-admins'), ['forbidden,insufficient-scope,mfa-required'])
  t.same(forbidden('/silent'), ['insufficient-scope,mfa-required'])
  t.same(forbidden('/films/v1/'), ['insufficient-scope,mfa-required'])
  t.same(forbidden('/users/v1/logout'), ['cross-site,insufficient-scope'], 'open before the second factor is enrolled')
  t.same(forbidden('/users/v1/signup'), ['forbidden,reauthentication-required'])
  t.same(forbidden('/users/v1/generate_tokens'), ['token-invalid', 'token-invalid'])
  t.same(byPath('/silent').map(schemeOf), ['login,accessToken,sessionCookie'])
  t.same(byPath('/for-admins').map(schemeOf), ['login,accessToken,sessionCookie'])
  t.equal((await call(app, 'GET', '/for-admins', { token: (await administrator(app)).token })).statusCode, 200)
})
