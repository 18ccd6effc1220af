// What applications send: with a transaction of the service, a code or token belongs to one login, and works once.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, codeOf, logIn, reauthenticated } from '../../support/app.ts'
import { visit } from '../../support/providers/visit.ts'
import { APP_CALLBACK, Browser, callbackOf, gained, withAll, withCorp } from '../../support/social.ts'

interface Started {
  transaction: string
  state: string
  nonce: string
  authorize_url: string
}

async function start(app: FastifyInstance, provider = 'corp', token?: string): Promise<Started> {
  const payload = { redirect_uri: APP_CALLBACK }
  const response = await call(app, 'POST', `/social/v1/${provider}/transaction`, { payload, ...(token && { token }) })
  if (response.statusCode !== 200) throw new Error(response.body)
  return response.json()
}

async function codeOfUser({ authorize_url, state }: Started): Promise<string> {
  const { searchParams } = await visit(authorize_url)
  if (searchParams.get('state') !== state) throw new Error('another state came back')
  return searchParams.get('code') ?? ''
}

const post = (app: FastifyInstance, payload: object, provider = 'corp', token?: string) =>
  call(app, 'POST', `/social/v1/${provider}`, { payload, ...(token && { token }) })

t.test('a code with its transaction logs in, with each provider', async t => {
  const { app } = await withAll(t)
  for (const provider of ['corp', 'google', 'linkedin']) {
    const started = await start(app, provider)
    const response = await post(app, { code: await codeOfUser(started), transaction: started.transaction }, provider)
    t.equal(response.statusCode, 200, `${provider}: ${response.body}`)
    t.match(response.json(), { token: /./, refresh_token: /./, email: /@/ })
  }
})

t.test('without a redirect URI a transaction is a nonce for an SDK', async t => {
  const { app, corp } = await withCorp(t)
  const { transaction, nonce, authorize_url } = (await call(app, 'POST', '/social/v1/corp/transaction')).json()
  t.equal(authorize_url, '')
  t.equal((await post(app, { id_token: corp.issue({ nonce }), transaction })).statusCode, 200)
  t.equal(codeOf(await post(app, { id_token: corp.issue({ nonce }), transaction })), 'social-state-invalid')
})

t.test('threat: a transaction is used again, on whichever instance, with a code of its own', async t => {
  const { app, env } = await withCorp(t)
  const other = await build(t, env)
  const started = await start(app)
  const [first, second] = [await codeOfUser(started), await codeOfUser(started)]
  t.equal((await post(app, { code: first, transaction: started.transaction })).statusCode, 200)
  const before = await gained(app)
  t.equal(codeOf(await post(other, { code: second, transaction: started.transaction })), 'social-state-invalid')
  t.same(await gained(app), before)
})

t.test("threat: a stolen code is sent with the thief's own transaction", async t => {
  const { app } = await withCorp(t)
  const stolen = await codeOfUser(await start(app))
  const { transaction } = await start(app)
  t.equal((await post(app, { code: stolen, transaction })).statusCode, 400)
  t.match(await gained(app), { users: 0, sessions: 0 })
})

t.test('threat: a transaction of another provider, of another session, or a forged one', async t => {
  const { app } = await withAll(t)
  const { token } = await reauthenticated(app, await logIn(app))
  const thief = await reauthenticated(app, await logIn(app))
  const before = await gained(app)
  const anonymous = await start(app)
  const bound = await start(app, 'corp', token)
  const google = await start(app, 'google')
  const code = await codeOfUser(anonymous)
  for (const [transaction, by] of [
    [google.transaction, undefined],
    [bound.transaction, undefined],
    [anonymous.transaction, token],
    [`${anonymous.transaction.slice(0, -3)}AAA`, undefined],
    ['x', undefined],
  ] as const)
    t.equal(codeOf(await post(app, { code, transaction }, 'corp', by)), 'social-state-invalid')
  const own = await codeOfUser(bound)
  t.equal(
    codeOf(await post(app, { code: own, transaction: bound.transaction }, 'corp', thief.token)),
    'social-state-invalid',
  )
  t.same(await gained(app), before)
})

t.test('threat: a code for another redirect URI than that of the transaction', async t => {
  const { app } = await withCorp(t)
  const started = await start(app)
  const payload = { code: await codeOfUser(started), transaction: started.transaction }
  const response = await post(app, { ...payload, redirect_uri: 'https://evil.test/callback' })
  t.equal(codeOf(response), 'social-state-invalid')
})

t.test("threat: a code that leaked from a browser's login is posted", async t => {
  const { app } = await withAll(t)
  for (const provider of ['linkedin', 'corp', 'github', 'google', 'facebook']) {
    const code = (await new Browser(app).callback(provider)).searchParams.get('code')
    const response = await post(app, { code, redirect_uri: callbackOf(provider) }, provider)
    t.equal(codeOf(response), 'social-state-invalid', provider)
  }
  t.match(await gained(app), { users: 0, sessions: 0 })
})

t.test('exactly one of code, ID token and access token is taken, each with what it needs', async t => {
  const { app } = await withAll(t)
  for (const payload of [
    {},
    { transaction: 'x' },
    { code: 'x' },
    { id_token: 'x' },
    { code: 'x', redirect_uri: APP_CALLBACK, id_token: 'x', nonce: 'x' },
    { id_token: 'x', nonce: 'x', access_token: 'x' },
  ]) {
    const response = await post(app, payload)
    t.equal(response.statusCode, 400, JSON.stringify(payload))
  }
  t.equal(codeOf(await post(app, { id_token: 'x', nonce: 'x' }, 'github')), 'provider-not-found')
  t.equal(codeOf(await post(app, { access_token: 'x' }, 'google')), 'provider-not-found')
})

t.test('with an access token and a transaction of its session, a code links the provider', async t => {
  const { app } = await withCorp(t)
  const { token } = await reauthenticated(app, await logIn(app))
  const started = await start(app, 'corp', token)
  const payload = { code: await codeOfUser(started), transaction: started.transaction }
  const response = await post(app, payload, 'corp', token)
  t.same(response.json(), { status: 'ok' })
  t.match(await gained(app), { users: 1, logins: 1 })
})
