import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { addMail } from '#sql/outbox.ts'
import { build, call, logIn, newEmail, PASSWORD } from '../support/app.ts'
import { expectError } from '../support/error-response.ts'
import { buildWith } from '../support/routes.ts'
import { nextTokens } from '../support/session.ts'

const scrape = async (app: FastifyInstance) => (await call(app, 'GET', '/metrics')).body

/** The value of a sample: `name{label="value"}`. */
async function sample(app: FastifyInstance, name: string): Promise<number> {
  const line = (await scrape(app)).split('\n').find(each => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}

const duration = 'holocron_http_request_duration_seconds'
const counted = (labels: string) => `${duration}_count{${labels}}`

t.test('metrics are in the text format of Prometheus', async t => {
  const app = await build(t)
  const response = await call(app, 'GET', '/metrics')
  t.equal(response.statusCode, 200)
  t.match(response.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  const lines = response.body.split('\n').filter(Boolean)
  for (const line of lines)
    if (!/^(# (HELP|TYPE) \w+ .+|(holocron|process|nodejs)_\w+(\{(\w+="[^"]*",?)+\})? [-+\d.eInfNa]+)$/.test(line))
      t.fail(line)
  const names = lines.filter(line => line.startsWith('# TYPE')).map(line => line.split(' ')[2])
  t.equal(new Set(names).size, names.length, 'no metric twice')
})

t.test(
  'metrics are named as Prometheus asks: counters, and nothing else, end in _total; units are base units',
  async t => {
    const app = await build(t)
    const types = [...(await scrape(app)).matchAll(/^# TYPE (\w+) (\w+)$/gm)]
    t.ok(types.length > 20)
    for (const [line, name = '', type] of types) {
      t.equal(name.endsWith('_total'), type === 'counter', line)
      t.notMatch(name, /_(count|sum|bucket|info_total|ms|milliseconds|kb|minutes|hours)$/, line)
    }
  },
)

t.test('threat: strangers watch how busy the service is', async t => {
  const production = { NODE_ENV: 'production', SMTP_URL: 'smtp://127.0.0.1:9', MAIL_FROM: 'a@holocron.test' }
  const METRICS_TOKEN = 'another-horse-battery-staple-4567'
  const closed = await build(t, production)
  for (const options of [{}, { token: '' }, { token: 'undefined' }])
    expectError(t, await call(closed, 'GET', '/metrics', options), 404, 'not-found')
  for (const env of [{ METRICS_TOKEN }, { METRICS_TOKEN, ...production }]) {
    const app = await build(t, env)
    expectError(t, await call(app, 'GET', '/metrics'), 401, 'authorisation-required')
    for (const token of ['', METRICS_TOKEN.slice(1), `${METRICS_TOKEN}x`, 'x'.repeat(10_000)])
      expectError(t, await call(app, 'GET', '/metrics', { token }), 401, 'token-invalid')
    const headers = { authorization: `Basic ${METRICS_TOKEN}` }
    expectError(t, await call(app, 'GET', '/metrics', { headers }), 401, 'token-invalid')
    const { token } = await logIn(await build(t))
    expectError(t, await call(app, 'GET', '/metrics', { token }), 401, 'token-invalid')
    t.equal((await call(app, 'GET', '/metrics', { token: METRICS_TOKEN })).statusCode, 200)
    t.equal((await call(app, 'HEAD', '/metrics', { token: METRICS_TOKEN })).statusCode, 200)
  }
})

t.test(
  'threat: scrapes in a loop block the process: metrics are collected a few times a second, however many ask',
  async t => {
    let collections = 0
    const app = await buildWith(t, async app =>
      app.metrics.add({ type: 'gauge', name: 'holocron_x', help: 'x', collect: () => ++collections }),
    )
    const started = performance.now()
    const responses = await Promise.all(Array.from({ length: 1000 }, () => call(app, 'GET', '/metrics')))
    t.equal(collections, 1, 'together, they share one collection')
    t.ok(responses.every(({ statusCode, body }) => statusCode === 200 && body.includes('holocron_x 1')))
    for (let i = 0; i < 500; i++) await call(app, 'GET', '/metrics')
    const seconds = Math.ceil((performance.now() - started) / 1000)
    t.ok(collections <= 1 + 20 * (seconds + 1), `${collections} in ${seconds} s, one after the other`)
  },
)

t.test('every metric named in docs/operations.md exists', async t => {
  // Some are of what is switched on.
  const nowhere = 'http://127.0.0.1:1'
  const settings = {
    ERROR_TRACKING_DSN: 'http://key@127.0.0.1:1/1',
    LOG_LEVEL: 'error',
    AMQP_URL: 'amqp://127.0.0.1:1',
    OTEL_EXPORTER_OTLP_ENDPOINT: nowhere,
  }
  const app = await build(t, settings)
  await call(app, 'GET', '/films/v1/4')
  const guide = await readFile('docs/operations.md', 'utf8')
  const named = new Set([...guide.matchAll(/`(holocron_[a-z_]+[a-z])`/g)].map(([, name = '']) => name))
  const body = await scrape(app)
  t.ok(named.size > 6)
  for (const name of named) if (!body.includes(`# TYPE ${name}`)) t.fail(name)
  t.match(body, /^nodejs_eventloop_lag_seconds \d/m)
})

t.test('requests are counted by route, method and status', async t => {
  const app = await build(t)
  const { token } = await logIn(app)
  for (const id of [1, 4, 7]) await call(app, 'GET', `/films/v1/${id}`)
  await call(app, 'GET', '/films/v1/99')
  await call(app, 'GET', '/films/v1/', { token })
  await call(app, 'GET', '/films/v1/')
  const film = 'method="GET",route="/films/v1/:film_id"'
  t.equal(await sample(app, counted(`${film},status="200"`)), 3)
  t.equal(await sample(app, counted(`${film},status="404"`)), 1)
  t.equal(await sample(app, counted('method="GET",route="/films/v1",status="200"')), 1)
  t.equal(await sample(app, counted('method="GET",route="/films/v1",status="401"')), 1)
  t.equal(await sample(app, counted('method="POST",route="/users/v1/login",status="200"')), 1)

  for (const method of ['PUT', 'GET', 'POST'] as const) await call(app, method, '/nothing')
  t.equal(await sample(app, counted('method="any",route="unknown",status="404"')), 3)
})

t.test('the buckets of the histogram add up', async t => {
  const app = await build(t)
  for (let i = 0; i < 10; i++) await call(app, 'GET', '/films/v1/4')
  const labels = 'method="GET",route="/films/v1/:film_id",status="200"'
  const body = await scrape(app)
  const buckets = body.split('\n').filter(line => line.startsWith(`${duration}_bucket`) && line.includes(labels))
  const values = buckets.map(line => Number(line.split(' ').at(-1)))
  t.equal(values.length, 13)
  t.same(
    values,
    values.toSorted((a, b) => a - b),
  )
  t.match(buckets.at(-1), /le="\+Inf"/)
  t.equal(values.at(-1), 10)
  t.equal(await sample(app, counted(labels)), 10)
  t.ok((await sample(app, `${duration}_sum{${labels}}`)) > 0)
})

t.test('a caller can neither multiply the series nor write into them', async t => {
  const app = await build(t)
  const series = (body: string) => body.split('\n').filter(line => line.startsWith(duration)).length
  const before = series(await scrape(app))
  for (let i = 0; i < 50; i++) await call(app, 'GET', `/canary-${i}?token=canary"} 1`)
  for (const method of ['PUT', 'PATCH', 'DELETE'] as const) await call(app, method, `/canary-${method}`)
  const body = await scrape(app)
  t.notMatch(body, /canary/)
  // Unknown routes, /metrics itself: 15 lines each.
  t.ok(series(body) - before <= 2 * 15)
})

t.test('metrics contain no e-mail address, password or token', async t => {
  const app = await build(t)
  const { email, token, refresh_token, user_id } = await logIn(app)
  await call(app, 'GET', `/users/v1/email_verification?token=${token}`)
  await call(app, 'GET', `/users/v1/generate_tokens?old_access_token=${token}`, { token: refresh_token })
  await call(app, 'GET', `/users/v1/${user_id}`, { token })
  const body = await scrape(app)
  for (const secret of [email, PASSWORD, token, refresh_token, `/users/v1/${user_id}`]) t.notOk(body.includes(secret))
})

t.test('metrics show running and waiting passwords', async t => {
  const app = await build(t, { ARGON2_THREADS: '1', ARGON2_MEMORY_KIB: '65536', ARGON2_ITERATIONS: '3' })
  const work = Array.from({ length: 4 }, () => app.passwords.hash(PASSWORD))
  const body = await scrape(app)
  t.match(body, /^holocron_password_queue\{state="running"\} 1$/m)
  t.match(body, /^holocron_password_queue\{state="waiting"\} 3$/m)
  await Promise.all(work)
  t.match(await scrape(app), /^holocron_password_queue\{state="waiting"\} 0$/m)
})

t.test('the outbox shows how many mails wait, and for how long', async t => {
  const app = await build(t)
  t.equal(await sample(app, 'holocron_outbox_waiting'), 0)
  t.equal(await sample(app, 'holocron_outbox_oldest_seconds'), 0)
  const id = await addMail(app.db, { template: 'email-verification', user_id: null, recipient: newEmail() })
  await addMail(app.db, { template: 'email-verification', user_id: null, recipient: newEmail() })
  const now = Date.now()
  // Claimed, so that no worker sends them now.
  await app.db
    .updateTable('outbox')
    .set({ due_at: now + 60_000, outcome: null, finished_at: null })
    .execute()
  await app.db
    .updateTable('outbox')
    .set({ created_at: now - 90_000 })
    .where('id', '=', id)
    .execute()
  t.equal(await sample(app, 'holocron_outbox_waiting'), 2)
  const oldest = await sample(app, 'holocron_outbox_oldest_seconds')
  t.ok(oldest >= 90 && oldest < 100)
})

t.test('metrics show the number of revocations, and the age of the last news', async t => {
  const app = await build(t)
  const { refresh_token } = await logIn(app)
  t.equal(await sample(app, 'holocron_revocation_entries'), 0)
  await nextTokens(app, refresh_token)
  t.equal(await sample(app, 'holocron_revocation_entries'), 1)
  const staleness = await sample(app, 'holocron_revocation_staleness_seconds')
  t.ok(staleness >= 0 && staleness < 10)
})

t.test('metrics are served even without the database', async t => {
  const app = await build(t)
  await app.db.destroy()
  const response = await call(app, 'GET', '/metrics')
  t.equal(response.statusCode, 200)
  t.match(response.body, /process_cpu_seconds_total/)
})
