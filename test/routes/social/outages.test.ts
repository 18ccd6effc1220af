// A provider that fails costs nobody who does not log in with it, and no fault of one is a success, a crash or an endless wait.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { call, logIn, verifiedUser } from '../../support/app.ts'
import { type Fault, OVERSIZED_BYTES } from '../../support/providers/counterpart.ts'
import { signingKey } from '../../support/providers/id-token.ts'
import { Browser, gained, NOTHING, withAll, withCorp, withVariants } from '../../support/social.ts'

const FAULTS: Fault[] = ['reset', 'truncated', 'malformed', 'html', 'oversized', 'redirect', 'server-error', 'upgrade']

/** Paths of the corporate provider, in the order in which a login asks them. */
const STEPS = ['/.well-known/', '/jwks', '/token']

t.test('threat: a provider fails in any way at any step', async t => {
  const key = signingKey()
  const cases = FAULTS.flatMap(fault => STEPS.map((step, i) => ({ provider: `${fault}_${i}`, fault, step })))
  const { app, servers } = await withVariants(t, Object.fromEntries(cases.map(({ provider }) => [provider, { key }])))
  for (const { provider, fault, step } of cases) {
    const { counterpart } = servers[provider] ?? {}
    const browser = new Browser(app)
    counterpart?.fail(step, fault)
    const response = await attempt(browser, provider)
    t.ok([400, 502, 503].includes(response.statusCode), `${fault} at ${step}: ${response.statusCode}`)
    t.equal(await browser.user(), undefined)
    t.equal(counterpart?.count('/elsewhere'), 0, 'redirects are not followed')
  }
  t.same(await gained(app), NOTHING)
})

/** A login that may fail at its first step already. */
async function attempt(browser: Browser, provider = 'corp') {
  const response = await browser.open(`/social/v1/${provider}/authorize`)
  if (response.statusCode !== 302) return response
  return browser.open(await browser.callback(provider))
}

t.test('threat: a response without an end is read no further than a response can be long', async t => {
  for (const step of STEPS) {
    const { app, corp } = await withCorp(t)
    corp.counterpart.fail(step, 'oversized')
    await attempt(new Browser(app))
    t.ok(corp.counterpart.oversizedBytes < OVERSIZED_BYTES / 2, `${step}: ${corp.counterpart.oversizedBytes}`)
  }
})

t.test('a provider that is back after a fault logs in at the next attempt', async t => {
  const { app, corp } = await withCorp(t)
  for (const step of STEPS) {
    corp.counterpart.fail(step, 'server-error')
    await attempt(new Browser(app))
    corp.counterpart.heal()
  }
  t.equal((await new Browser(app).logIn('corp')).statusCode, 303)
})

const others = async (app: FastifyInstance, user: { email: string; password: string }, token: string) => {
  const login = await call(app, 'POST', '/users/v1/login', { payload: user })
  const read = await call(app, 'GET', '/films/v1/', { token })
  return [login.statusCode, read.statusCode]
}

t.test('threat: while one provider does not answer, other logins and protected reads go on', async t => {
  const { app, corp } = await withAll(t)
  const user = await verifiedUser(app)
  const { token } = await logIn(app, user)
  const browsers = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const browser = new Browser(app)
      return { browser, callback: await browser.callback('corp') }
    }),
  )
  corp.counterpart.fail('/token', 'hold')
  const before = corp.counterpart.count('/token')
  const waiting = browsers.map(({ browser, callback }) => browser.open(callback))
  await corp.counterpart.received('/token', before + 1)
  t.same(await others(app, user, token), [200, 200])
  t.equal((await new Browser(app).logIn('google')).statusCode, 303)
  t.equal((await new Browser(app).logIn('github')).statusCode, 303)
  corp.counterpart.heal()
  const statuses = new Set((await Promise.all(waiting)).map(({ statusCode }) => statusCode))
  for (const status of statuses) t.ok([303, 503].includes(status), String(status))
  t.ok(corp.counterpart.count('/token') - before < browsers.length, 'not all of them wait for it at once')
})

t.test('a circuit opens after repeated failures, answers 503 with Retry-After, and other providers stay', async t => {
  const { app, corp, github } = await withAll(t)
  const callbacks = []
  for (let i = 0; i < 20; i++) {
    const browser = new Browser(app)
    callbacks.push({ browser, callback: await browser.callback('corp') })
  }
  corp.counterpart.fail('/token', 'server-error')
  const before = corp.counterpart.count('/token')
  let last = await callbacks[0]?.browser.open(callbacks[0].callback)
  for (const { browser, callback } of callbacks.slice(1)) last = await browser.open(callback)
  t.equal(last?.statusCode, 503)
  t.match(last?.headers['retry-after'], /^[1-9]\d*$/)
  t.ok(corp.counterpart.count('/token') - before < 20, 'the provider is left alone')
  t.equal((await new Browser(app).logIn('github')).statusCode, 303)
  t.ok(github.counterpart.count('/login/oauth/access_token') > 0)
  const metrics = (await call(app, 'GET', '/metrics')).body
  t.match(metrics, /provider="corp"/)
})

t.test('GitHub at its limit, or after a revocation, is no login', async t => {
  const { app, github } = await withAll(t)
  for (const limited of [
    {
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 60) },
    },
    { status: 429, headers: { 'retry-after': '60' } },
  ] as const) {
    github.limited = limited
    const response = await new Browser(app).logIn('github')
    t.equal(response.statusCode, 503, String(limited.status))
    t.match(response.headers['retry-after'], /^[1-9]\d*$/)
  }
  t.same(await gained(app), NOTHING)
})
