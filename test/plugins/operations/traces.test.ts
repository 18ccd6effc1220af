/** Traces, against a server that receives OTLP over HTTP. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyPluginAsync } from 'fastify'
import t, { type Test } from 'tap'
import { readConfig } from '../../../plugins/config/index.ts'
import {
  administrator,
  build,
  call,
  type Environment,
  logIn,
  newEmail,
  PASSWORD,
  REAL,
  verifiedUser,
} from '../../support/app.ts'
import { type Collector, collector } from '../../support/collector.ts'
import { lateBodies } from '../../support/late-body.ts'
import { forgotten } from '../../support/mails.ts'
import { challenge, enrolled, finish, otpOf, recover, steppingClock } from '../../support/mfa.ts'
import { application, browser, serve } from '../../support/oauth.ts'
import { refresh, tokensFor } from '../../support/oauth-requests.ts'
import { buildWith } from '../../support/routes.ts'
import { startSmtp } from '../../support/smtp.ts'
import { messagesOf, spansOf, valuesOf } from '../../support/spans.ts'
import { until } from '../../support/until.ts'
import { allDelivered, createWebhook, webhookReceiver } from '../../support/webhooks.ts'

const to = ({ port }: Collector) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` })

async function traced(t: Test, env: Environment = {}) {
  const there = await collector(t)
  const app = await build(t, { ...to(there), ...env })
  /** Everything so far. The application is closed: that sends what waits. */
  const end = async () => {
    await app.close()
    return spansOf(there)
  }
  return { app, there, end }
}

const LOGIN = 'POST /users/v1/login'
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'

t.test(
  'a login is a trace: its statements, its commands to Redis, and the wait and the work of its password',
  async t => {
    const { app, end } = await traced(t)
    await logIn(app)
    const spans = await end()
    const login = spans.find(({ name }) => name === LOGIN)
    t.match(login, {
      parentSpanId: undefined,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/users/v1/login',
        'http.response.status_code': 200,
        'holocron.request_id': /./,
      },
    })
    const trace = spans.filter(({ traceId }) => traceId === login?.traceId)
    const children = trace.filter(({ parentSpanId }) => parentSpanId === login?.spanId)
    const names = children.map(({ name }) => name)
    for (const name of ['SELECT users', 'argon2', 'INSERT sessions', 'COMMIT']) t.ok(names.includes(name), name)
    const password = children.find(({ name }) => name === 'argon2')
    const parts = trace.filter(({ parentSpanId }) => parentSpanId === password?.spanId)
    t.same(parts.map(({ name }) => name).sort(), ['argon2 wait', 'argon2 work'])
    t.match(
      children.find(({ name }) => name === 'SELECT users'),
      {
        attributes: {
          'db.query.text': /^select .* from [`"]users[`"] where .*\?/,
          'db.system.name': REAL ? 'mysql' : 'sqlite',
        },
      },
    )
    const redis = children.filter(({ attributes }) => attributes['db.system.name'] === 'redis')
    t.equal(redis.length > 0, process.env.TEST_REDIS_URL !== undefined)
  },
)

t.test('requests at the same time do not mix, and continue the traces of those who sent them', async t => {
  const { app, end } = await traced(t)
  const { email } = await verifiedUser(app)
  const ids = [1, 2, 3, 4].map(n => `${n}`.repeat(32))
  const payload = { email, password: PASSWORD }
  await Promise.all(
    ids.map(id => call(app, 'POST', '/users/v1/login', { payload, headers: { traceparent: `00-${id}-${PARENT}-01` } })),
  )
  const spans = await end()
  for (const id of ids) {
    const trace = spans.filter(({ traceId }) => traceId === id)
    const [request, ...others] = trace.filter(({ parentSpanId }) => parentSpanId === PARENT)
    t.equal(request?.name, LOGIN)
    t.same(others, [])
    t.equal(trace.filter(({ name }) => name === 'INSERT sessions').length, 1)
    const known = new Set([PARENT, ...trace.map(({ spanId }) => spanId)])
    t.ok(
      trace.every(({ parentSpanId = '' }) => known.has(parentSpanId)),
      'one tree',
    )
  }
})

t.test('the context outlives a body that arrives late', async t => {
  const { app, end } = await traced(t)
  const send = await lateBodies(app)
  const headers = { 'content-type': 'application/json', traceparent: `00-${TRACE}-${PARENT}-01` }
  const body = JSON.stringify({ email: newEmail(), password: PASSWORD })
  await send({ method: 'POST', path: '/users/v1/login', headers, body, early: 10 }, () => pause(50))
  const spans = (await end()).filter(({ traceId }) => traceId === TRACE)
  t.ok(spans.some(({ name }) => name === 'argon2 work'))
})

t.test('a mail is a trace of its own, with its statements and its delivery by SMTP', async t => {
  const smtp = await startSmtp(t)
  const { app, end } = await traced(t, { SMTP_URL: smtp.url })
  await call(app, 'POST', '/users/v1/signup', { payload: { email: newEmail(), password: PASSWORD } })
  await app.mailer.idle()
  const spans = await end()
  const mail = spans.find(({ name }) => name === 'mail')
  const trace = spans.filter(({ traceId }) => traceId === mail?.traceId)
  for (const name of ['SMTP send', 'SELECT users', 'UPDATE outbox'])
    t.equal(trace.find(span => span.name === name)?.parentSpanId, mail?.spanId, name)
  const signUp = spans.find(({ name }) => name === 'POST /users/v1/signup')
  t.not(signUp?.traceId, mail?.traceId)
  t.notOk(
    spans.some(({ name, traceId }) => traceId === signUp?.traceId && name === 'SELECT outbox'),
    'no poll in it',
  )
})

t.test('a delivery to a webhook is a trace of its own, and says of its URL the host alone', async t => {
  const receiver = await webhookReceiver(t)
  const { app, there, end } = await traced(t)
  const { token } = await administrator(app)
  const webhook = await createWebhook(app, token, `${receiver.url}/canary-path?key=canary-query`)
  await call(app, 'POST', `/webhooks/v1/${webhook.id}/test`, { token })
  await logIn(app)
  await allDelivered(app, webhook, 2)
  const spans = await end()
  const delivery = spans.find(({ name }) => name === 'webhook')
  t.equal(delivery?.parentSpanId, undefined)
  const trace = spans.filter(({ traceId }) => traceId === delivery?.traceId)
  const request = trace.find(({ name }) => name === 'POST')
  t.match(request, {
    parentSpanId: delivery?.spanId,
    attributes: { 'server.address': '127.0.0.1', 'server.port': receiver.port, 'http.response.status_code': 204 },
  })
  t.ok(trace.some(({ name }) => name === 'UPDATE webhook_deliveries'))
  const traceparent = `00-${delivery?.traceId}-${request?.spanId}-01`
  t.ok(receiver.received.some(({ headers }) => headers.traceparent === traceparent))
  const creation = spans.find(({ name }) => name === 'POST /webhooks/v1')
  t.ok(creation)
  t.notOk(
    spans.some(({ name, traceId }) => traceId === creation?.traceId && name === 'INSERT webhook_deliveries'),
    'what is queued from then on is no part of the request that began it',
  )
  for (const canary of ['canary-path', 'canary-query', webhook.secret ?? ''])
    t.notOk(there.everything().includes(canary))
})

t.test('a request to another service is a span, and carries the trace on', async t => {
  const [there, other] = [await collector(t), await collector(t)]
  const app = await buildWith(
    t,
    async app => {
      app.get('/outbound', { config: { access: 'public' } }, async () => {
        const url = new URL(`http://127.0.0.1:${other.port}/path?code=canary`)
        const { status } = await app.outbound(url, { internalHosts: ['127.0.0.1'], timeoutMs: 5000 })
        return { status }
      })
    },
    to(there),
  )
  await call(app, 'GET', '/outbound', { headers: { traceparent: `00-${TRACE}-${PARENT}-01` } })
  await app.close()
  const span = spansOf(there).find(({ attributes }) => attributes['server.port'] === other.port)
  t.match(span, { name: 'GET', traceId: TRACE, attributes: { 'http.response.status_code': 200 } })
  t.equal(other.received[0]?.headers.traceparent, `00-${TRACE}-${span?.spanId}-01`)
  t.notOk(there.everything().includes('canary'))
})

t.test('threat: a trace carries what somebody typed, a token, an address, a value of a statement', async t => {
  const clock = steppingClock(t)
  const there = await collector(t)
  const { app, issuer } = await serve(t, { ...to(there), TRUST_PROXY: '1' })
  const user = await verifiedUser(app)
  const { secret, recovery_codes, refresh_token, token, ...session } = await enrolled(app, user)
  clock.forward(t)
  const { mfa_token } = await challenge(app, user)
  const otp = otpOf(secret)
  await finish(app, mfa_token, otp)
  const half = await challenge(app, user)
  await recover(app, half.mfa_token, recovery_codes[0] ?? '')
  const reset = await forgotten(app, user.email)
  await call(app, 'POST', `/users/v1/password_reset?canary-query=1`, {
    payload: { ...reset, new_password: 'Canary1977' },
    headers: { 'user-agent': 'canary-agent', 'x-forwarded-for': '203.0.113.9', cookie: 'canary-cookie=1' },
  })
  const news = await application(app)
  const person = browser(issuer)
  const { email } = await person.signIn(app)
  const tokens = await tokensFor(person, news)
  await refresh(news, tokens.access_token)
  await app.close()

  const canaries = [
    ...[user.email, email, PASSWORD, 'Canary1977', secret, otp, mfa_token, token, refresh_token, ...recovery_codes],
    ...[reset.token, reset.code, tokens.access_token, tokens.id_token, news.secret ?? '', session.email],
    ...['canary-query', 'canary-agent', 'canary-cookie', '203.0.113.9', '127.0.0.1'],
  ]
  const spans = spansOf(there)
  t.ok(spans.length > 100)
  // Without ids and times: in so many digits, any six are found some day.
  const sent = JSON.stringify(spans.map(({ name, attributes, status }) => ({ name, attributes, status })))
  for (const canary of canaries) t.notOk(sent.includes(canary), canary)
})

t.test('a failure is marked by its kind, without its message', async t => {
  const { app, end } = await traced(t, { LOG_LEVEL: 'silent' })
  const { token, user_id } = await logIn(app)
  await app.db.schema.dropTable('audit_events').execute()
  t.equal((await call(app, 'GET', `/users/v1/${user_id}/events`, { token })).statusCode, 500)
  const spans = await end()
  const request = spans.find(({ attributes }) => attributes['http.response.status_code'] === 500)
  t.match(request, { status: { code: 2, message: undefined }, attributes: { 'error.type': '500' } })
  const statement = spans.find(({ parentSpanId, status }) => parentSpanId === request?.spanId && status.code === 2)
  t.match(statement, { name: 'SELECT audit_events', status: { code: 2, message: undefined } })
})

t.test('the sampler decides, and by default the caller', async t => {
  for (const [env, flags, expected] of [
    [{}, '00', false],
    [{}, '01', true],
    [{ OTEL_TRACES_SAMPLER: 'always_on' }, '00', true],
    [{ OTEL_TRACES_SAMPLER: 'always_off' }, '01', false],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, '01', false],
    [{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' }, '01', true],
  ] as const) {
    const { app, end } = await traced(t, { DATABASE_URL: 'sqlite::memory:', ...env })
    await call(app, 'GET', '/films/v1/1', { headers: { traceparent: `00-${TRACE}-${PARENT}-${flags}` } })
    const spans = await end()
    t.equal(spans.length > 0, expected, JSON.stringify([env, flags]))
  }
})

t.test('the collector learns who sends, and gets the headers that it wants', async t => {
  const { app, there, end } = await traced(t, {
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20key,x-tenant=rebels',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging',
    OTEL_SERVICE_NAME: 'accounts',
  })
  await call(app, 'GET', '/films/v1/1')
  await end()
  t.match(there.received, [{ url: '/v1/traces', headers: { authorization: 'Bearer key', 'x-tenant': 'rebels' } }])
  const [resource] = messagesOf(there).flatMap(({ resourceSpans }) => resourceSpans.map(({ resource }) => resource))
  t.match(valuesOf(resource?.attributes ?? []), {
    'service.name': 'accounts',
    'service.version': /^\d/,
    'deployment.environment.name': 'staging',
  })
})

/** An application with a route of many statements, whose spans fill a batch. */
async function busy(t: Test, env: Environment, log?: { write(line: string): void }) {
  const routes: FastifyPluginAsync = async app => {
    app.get('/many', { config: { access: 'public' } }, async () => {
      for (let i = 0; i < 520; i++) await app.db.selectFrom('users').select('id').limit(1).execute()
      return { ok: true }
    })
  }
  const app = await buildWith(t, routes, env, log)
  const outcome = async (name: string) => {
    const { body } = await call(app, 'GET', '/metrics')
    return Number(new RegExp(`^holocron_spans_total{outcome="${name}"} (\\d+)$`, 'm').exec(body)?.[1])
  }
  return { app, outcome }
}

t.test('a collector that does not respond costs spans, and nothing else', async t => {
  const there = await collector(t)
  there.answer = 'never'
  const { app, outcome } = await busy(t, to(there))
  for (let i = 0; i < 6; i++) t.equal((await call(app, 'GET', '/many')).statusCode, 200)
  t.ok((await outcome('dropped')) > 0, 'what waits is bounded')
  const start = performance.now()
  await app.close()
  t.ok(performance.now() - start < 3000, 'and the shutdown waits for a second')
})

t.test('a collector that is away is told of once', async t => {
  const lines: string[] = []
  const there = await collector(t)
  there.close()
  const env = { ...to(there), LOG_LEVEL: 'warn' }
  const { app, outcome } = await busy(t, env, { write: line => lines.push(line) })
  for (let i = 0; i < 2; i++) await call(app, 'GET', '/many')
  await until(async () => (await outcome('failed')) > 1000, 20_000)
  t.equal(lines.filter(line => line.includes('collector does not accept traces')).length, 1)
})

t.test('what cannot work prevents the start', async t => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }
  for (const [env, name] of [
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    [{ ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: 'authorization' }, 'OTEL_EXPORTER_OTLP_HEADERS'],
    [{ ...endpoint, OTEL_RESOURCE_ATTRIBUTES: 'a=%' }, 'OTEL_RESOURCE_ATTRIBUTES'],
    [{ ...endpoint, OTEL_TRACES_SAMPLER: 'sometimes' }, 'OTEL_TRACES_SAMPLER'],
    [{ ...endpoint, OTEL_TRACES_SAMPLER_ARG: '2' }, 'OTEL_TRACES_SAMPLER_ARG'],
  ] as const)
    t.throws(() => readConfig(env), new RegExp(`^${name}: `), name)
})
