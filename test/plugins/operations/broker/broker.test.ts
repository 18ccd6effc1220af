// Change events on RabbitMQ, a real one: each arrives, in order per subject, whatever happens to the broker.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { build, call, type Environment, environment, listen, logIn, REAL } from '../../../support/app.ts'
import { collector } from '../../../support/collector.ts'
import { briefly, declareQueue, urlOf } from '../../../support/parties/queue.ts'
import { hasRabbitmq, startRabbitmq } from '../../../support/parties/rabbitmq.ts'
import { request, startService } from '../../../support/process/service.ts'
import { spansOf } from '../../../support/spans.ts'
import { until } from '../../../support/until.ts'

/** Changes in the run during which the broker is killed: `EVENTS_RUN=10000` for a long one. */
const RUN = Number(process.env.EVENTS_RUN ?? 1000)
const CONTACTS = 20
const FIELDS = ['first_name', 'last_name', 'notes', 'address', 'phone_number']

const isMissing = !hasRabbitmq() && process.env.CI !== 'true'
if (isMissing) console.error('NOT TESTED: change events on RabbitMQ. Install rabbitmq-server and amqp-tools')
const skip = (REAL && 'what RabbitMQ gets does not depend on the profile') || (isMissing && 'needs RabbitMQ')
/** Killed brokers take their time to start, and long runs to end. */
t.setTimeout(120_000 + RUN * 60)

t.test('change events on RabbitMQ', { skip }, async t => {
  const rabbit = await startRabbitmq(t)
  let exchanges = 0

  /** A service that publishes to an exchange of its own, and what it logs. */
  async function service(t: Test, env: Environment = {}) {
    const { AMQP_EXCHANGE: exchange = `events-${++exchanges}` } = env
    const lines: Record<string, unknown>[] = []
    const settings = await environment(t, { CONTACTS_RATE_LIMIT_MAX: '1000000' })
    // What happens before it publishes is no part of what is seen.
    const { token } = await logIn(await build(t, settings))
    const broker = { AMQP_URL: urlOf(rabbit), AMQP_EXCHANGE: exchange, ...env }
    const log = { write: (line: string) => void lines.push(JSON.parse(line)) }
    const app = await build(t, { ...settings, ...broker, LOG_LEVEL: 'info' }, log)
    await until(() => app.db.selectFrom('event_cursors').select('name').where('name', '=', 'amqp').executeTakeFirst())
    const metric = async (name: string) => {
      const { body } = await call(app, 'GET', '/metrics')
      return Number(new RegExp(`^holocron_broker_${name} (\\S+)$`, 'm').exec(body)?.[1])
    }
    return {
      app,
      exchange,
      lines,
      metric,
      logged: (message: string) => lines.filter(({ msg }) => msg === message),
      add: async () => (await contact(app, 'POST', '', token, { first_name: 'Leia' })).id,
      change: (id: string, payload: object) => contact(app, 'PATCH', id, token, payload),
      remove: (id: string) => contact(app, 'DELETE', id, token),
      readiness: async () => (await call(app, 'GET', '/health/ready')).json(),
    }
  }

  await t.test('consumers get every change by its type, as the schemas say', async t => {
    const { app, exchange, add, change, remove } = await service(t)
    const all = await declareQueue(t, rabbit, exchange)
    const id = await add()
    await change(id, { notes: 'x' })
    await remove(id)
    // One that nobody here wrote.
    const consume = ['-q', all.name, '-c', '3', '--', 'sh', '-c', 'cat; echo']
    const { stdout } = await promisify(execFile)('amqp-consume', [`--url=${urlOf(rabbit)}`, ...consume])
    const events = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    t.same(
      events.map(({ type, subject, data }) => [type, subject, data.changed]),
      [
        ['contact.created', `${events[0].data.user_id}/${id}`, undefined],
        ['contact.updated', `${events[0].data.user_id}/${id}`, ['notes']],
        ['contact.deleted', `${events[0].data.user_id}/${id}`, undefined],
      ],
    )
    const document = app.swagger() as unknown as {
      webhooks: Record<string, { post: { requestBody: { content: Record<string, { schema: object }> } } }>
      components: object
    }
    const ajv = new Ajv2020({ strict: false, validateFormats: false })
    for (const event of events) {
      const [{ schema } = { schema: {} }] = Object.values(document.webhooks[event.type]?.post.requestBody.content ?? {})
      t.ok(ajv.validate({ ...schema, components: document.components }, event), ajv.errorsText())
    }

    await all.consume()
    await add()
    await until(() => all.messages.length > 0)
    const { fields, properties } = all.messages[0] ?? {}
    const [event] = all.events()
    t.equal(fields?.routingKey, 'contact.created')
    t.match(properties, {
      contentType: 'application/cloudevents+json',
      deliveryMode: 2,
      messageId: event?.id,
      type: 'contact.created',
      timestamp: Math.floor(Date.parse(event?.time ?? '') / 1000),
    })
  })

  await t.test('publishing is a trace of its own', async t => {
    const there = await collector(t)
    const { app, add, metric } = await service(t, { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${there.port}` })
    await add()
    await until(async () => (await metric('events_total{outcome="published"}')) === 1)
    await app.close()
    t.match(
      spansOf(there).filter(({ name }) => name === 'AMQP publish'),
      [{ parentSpanId: undefined, status: { code: 0 } }],
    )
    t.notOk(there.everything().includes('guest'), 'nothing of AMQP_URL')
  })

  await t.test('an event that no queue is bound for is counted, logged once, and stops nothing', async t => {
    const { metric, logged, add } = await service(t)
    await add()
    await add()
    await until(async () => (await metric('events_total{outcome="unroutable"}')) === 2)
    t.equal(await metric('events_total{outcome="published"}'), 2)
    await until(async () => (await metric('waiting')) === 0)
    t.match(logged('change event without a queue: none is bound to the exchange for it'), [
      { routingKey: 'contact.created' },
    ])
  })

  await t.test('an event that a full queue refuses comes again, before what is later', async t => {
    const { exchange, metric, add, change } = await service(t)
    const full = await declareQueue(t, rabbit, exchange, { maxLength: 1, overflow: 'reject-publish' })
    const id = await add()
    for (const field of FIELDS) await change(id, { [field]: 'x' })
    await until(async () => (await metric('events_total{outcome="published"}')) > 0)
    t.ok((await metric('waiting')) > 0)
    await full.consume()
    await until(async () => (await metric('waiting')) === 0)
    t.same(
      full.events().map(({ data }) => data.changed),
      [undefined, ...FIELDS.map(field => [field])],
    )
  })

  await t.test('while RabbitMQ is short of memory, events wait', async t => {
    const { exchange, add, readiness, metric, logged } = await service(t)
    const all = await declareQueue(t, rabbit, exchange)
    await all.consume()
    await rabbit.control('set_vm_memory_high_watermark', '0.0001')
    await add()
    await until(async () => (await readiness()).status === 'degraded')
    t.match(await readiness(), { checks: { broker: 'down' } })
    t.equal(await metric('waiting'), 1)
    t.equal(all.messages.length, 0)
    await rabbit.control('set_vm_memory_high_watermark', '0.9')
    await until(() => all.messages.length === 1)
    await until(async () => (await readiness()).status === 'ok')
    t.equal(logged('RabbitMQ blocks publishing, change events wait').length, 1)
  })

  await t.test('what an operator has to mend is logged, without the password; the service works', async t => {
    const refused = async (name: string, env: Environment, reason: RegExp, advice: RegExp) => {
      const { add, lines, logged, readiness, metric } = await service(t, env)
      await until(() => logged('RabbitMQ unavailable, change events wait').length > 0)
      t.match(logged('RabbitMQ unavailable, change events wait'), [{ reason, advice }], name)
      await add()
      t.match(await readiness(), { status: 'degraded', checks: { broker: 'down' } })
      t.equal(await metric('waiting'), 1)
      t.notMatch(JSON.stringify(lines), /wrong-password/)
    }
    await refused('password', { AMQP_URL: urlOf(rabbit, 'guest:wrong-password') }, /Login was refused/, /password/)
    await refused('virtual host', { AMQP_URL: `${urlOf(rabbit)}/other` }, /ConnectionClose/, /virtual host/)
    await briefly(rabbit, async model => (await model.createChannel()).assertExchange('taken', 'fanout'))
    await refused('exchange', { AMQP_EXCHANGE: 'taken' }, /inequivalent arg 'type'/, /another AMQP_EXCHANGE/)
  })

  await t.test('it stops in time, whatever the broker does', async t => {
    const { app, add } = await service(t)
    await listen(app)
    rabbit.pause()
    await add()
    const start = performance.now()
    await app.close()
    rabbit.resume()
    t.ok(performance.now() - start < 3000)
  })

  await t.test('another instance goes on when the one that publishes is killed', async t => {
    const exchange = `events-${++exchanges}`
    const env = await environment(t, { AMQP_URL: urlOf(rabbit), AMQP_EXCHANGE: exchange })
    const { AMQP_URL: _url, ...silent } = env
    const app = await build(t, silent)
    const { token } = await logIn(app)
    const all = await declareQueue(t, rabbit, exchange)
    await all.consume()
    const publisher = await startService(t, env)
    await until(() => app.db.selectFrom('event_cursors').select('name').where('name', '=', 'amqp').executeTakeFirst())
    const other = await startService(t, env)
    const change = () => contact(app, 'POST', '', token, { first_name: 'Leia' })
    const [first] = await Promise.all([change(), change(), change()])
    await until(async () => all.messages.length === 3 && (await app.changeEvents.delay('amqp')) === 0)
    await publisher.end('SIGKILL')
    const late = await Promise.all([contact(app, 'PATCH', first.id, token, { notes: 'x' }), change()])
    // Else it would wait for the lease of the dead to expire.
    await app.db.updateTable('leases').set({ leased_until: 0 }).where('name', '=', 'events.amqp').execute()
    await until(() => all.events().length === 3 + late.length)
    const { body } = await request(other, 'GET', '/metrics')
    t.match(body, /^holocron_broker_events_total{outcome="published"} 2$/m)
  })

  await t.test(`a broker that is killed in the middle of ${RUN} changes gets all of them`, async t => {
    const { exchange, add, change, metric } = await service(t)
    const all = await declareQueue(t, rabbit, exchange)
    await all.consume()
    const ids = await Promise.all(Array.from({ length: CONTACTS }, add))
    const rounds = RUN / CONTACTS
    const latencies = { there: [] as number[], away: [] as number[] }
    let isAway = false

    async function changeOften(id: string): Promise<void> {
      for (let n = 0; n < rounds; n++) {
        const start = performance.now()
        await change(id, { [fieldOf(n)]: `${n}` })
        latencies[isAway ? 'away' : 'there'].push(performance.now() - start)
      }
    }
    const changing = Promise.all(ids.map(changeOften))
    await until(() => all.messages.length > RUN / 4, 600_000)
    isAway = true
    await rabbit.kill()
    await rabbit.start()
    await changing
    await until(async () => (await metric('waiting')) === 0, 600_000)
    await until(() => all.events().length === CONTACTS + RUN, 60_000)

    for (const id of ids)
      t.same(
        all
          .events()
          .filter(({ data }) => data.id === id)
          .map(({ data }) => data.changed),
        [undefined, ...Array.from({ length: rounds }, (_, n) => [fieldOf(n)])],
      )
    const bodies = new Set(all.messages.map(({ content }) => content.toString()))
    t.equal(bodies.size, CONTACTS + RUN, 'repeats are the same, id included')
    const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1]?.toFixed(1)
    t.comment(
      `${all.messages.length - bodies.size} repeats; a change takes ${median(latencies.there)} ms (median), and ${median(latencies.away)} ms while the broker is away`,
    )
  })
})

const fieldOf = (n: number) => FIELDS[n % FIELDS.length] ?? ''

async function contact(
  app: FastifyInstance,
  method: 'POST' | 'PATCH' | 'DELETE',
  id: string,
  token: string,
  payload?: object,
): Promise<{ id: string }> {
  const response = await call(app, method, `/contacts/v1/${id}`, { token, ...(payload && { payload }) })
  if (response.statusCode >= 300) throw new Error(response.body)
  return response.json()
}
