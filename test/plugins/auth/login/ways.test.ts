import { Type } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { findUserByEmail } from '#sql/users.ts'
import { build as buildApp } from '../../../../app.ts'
import { readConfig } from '../../../../plugins/config/index.ts'
import { call, environment, verifiedUser } from '../../../support/app.ts'
import { enrolled } from '../../../support/mfa.ts'

const Body = Type.Object({ email: Type.String() }, { $id: 'OracleLogin' })

/** Takes anybody's word: what is tested is what comes after it. */
const byOracle: (app: FastifyInstance) => Parameters<FastifyInstance['login']['ways']['add']>[0] = app => gate => ({
  path: '/oracle',
  body: Body,
  errors: [],
  oneFactor: true,
  tokens: { operationId: 'loginByOracle', summary: 'Log in', description: 'For tokens.' },
  cookie: { operationId: 'loginBrowserByOracle', summary: 'Log in', description: 'For browsers.' },
  async run({ email }: { email: string }, client) {
    const user = await findUserByEmail(app.db, email)
    const outcome = user && (await gate.afterOneFactor(user, client, []))
    if (!outcome) throw new Error('no such user')
    return outcome
  },
})

const app = buildApp(readConfig(await environment(t)))
t.teardown(() => app.close())
// As a plugin would: after `login`, before the routes.
app.addHook('onRoute', () => {
  if (!app.hasDecorator('login') || app.getSchema('OracleLogin')) return
  app.addSchema(Body)
  app.login.ways.add(byOracle(app))
})
await app.ready()

t.test('a way that a feature adds is served for tokens and for cookies', async t => {
  const { email } = await verifiedUser(app)
  const tokens = await call(app, 'POST', '/users/v1/login/oracle', { payload: { email } })
  t.match(tokens.json(), { token: String, refresh_token: String, email })
  const cookie = await call(app, 'POST', '/sessions/v1/oracle', { payload: { email } })
  t.match(cookie.json(), { status: 'ok', email })
  t.type(cookie.headers['set-cookie'], 'string')
})

t.test('and requires the second factor if one is enrolled', async t => {
  const { user } = await enrolled(app)
  for (const url of ['/users/v1/login/oracle', '/sessions/v1/oracle']) {
    const answer = await call(app, 'POST', url, { payload: { email: user.email } })
    t.match(answer.json(), { mfa_required: true, methods: ['totp', 'recovery_code'] }, url)
    t.equal(answer.headers['set-cookie'], undefined, url)
  }
})

t.test('the gate is handed out before the routes are loaded, and to nobody afterwards', async t => {
  t.throws(() => app.login.ways.add(byOracle(app)), /before the routes/)
  t.throws(() => app.login.withGate(gate => gate), /before the routes/)
})

t.test('no other site can log a browser in, in any way', async t => {
  const { email, password } = await verifiedUser(app)
  const known = { email, password, mfa_token: 'x', otp: '123456', recovery_code: 'AAAA-AAAA-AAAA-AAAA' }
  for (const { path, body } of app.login.ways) {
    if (path === '/passkey') continue
    const payload = Object.fromEntries(Object.entries(known).filter(([name]) => Object.hasOwn(body.properties, name)))
    const headers = { 'sec-fetch-site': 'cross-site' }
    const answer = await call(app, 'POST', `/sessions/v1${path || '/'}`, { payload, headers })
    t.match(answer.json(), { statusCode: 403, message: 'cross-site' }, path)
  }
})
