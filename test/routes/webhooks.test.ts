// The administration of webhooks by the API.
import { randomUUIDv7 } from 'node:crypto'
import t from 'tap'
import { transaction } from '#sql/connection/transaction.ts'
import { addDeliveries } from '#sql/webhook-deliveries.ts'
import { webhookRules } from '../../plugins/operations/webhooks/rules.ts'
import { administrator, build, call, logIn, PASSWORD, reauthenticated } from '../support/app.ts'
import { expectError } from '../support/error-response.ts'
import { until } from '../support/until.ts'
import {
  allDelivered,
  createWebhook,
  deliveriesOf,
  passTime,
  status,
  webhookReceiver,
  webhookRow,
} from '../support/webhooks.ts'

const URL = '/webhooks/v1/'
const app = await build(t)
const admin = await administrator(app)

const ask = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object, token = admin.token) =>
  call(app, method, url, { token, ...(payload && { payload }) })
const at = ({ id }: { id: string }) => `${URL}${id}`

t.test('a webhook is created, read, changed and deleted', async t => {
  const response = await ask('POST', URL, {
    url: 'https://crm.example/hook',
    types: ['person.updated', 'session.deleted'],
    enabled: false,
    description: 'CRM',
  })
  t.equal(response.statusCode, 201)
  const { secret, ...webhook } = response.json()
  t.equal(response.headers.location, `http://holocron.test/webhooks/v1/${webhook.id}`)
  t.match(secret, /^whsec_[\w+/]{43}=$/)
  t.match(webhook, {
    url: 'https://crm.example/hook',
    types: ['person.updated', 'session.deleted'],
    format: 'standard-webhooks',
    enabled: false,
    description: 'CRM',
    audience: null,
    disabled_because: null,
    failing_since: null,
  })
  t.same((await ask('GET', at(webhook))).json(), webhook, 'without its secret')
  t.ok((await ask('GET', URL)).json().results.some(({ id }: { id: string }) => id === webhook.id))

  const changed = await ask('PATCH', at(webhook), { types: ['*'], description: '' })
  t.match(changed.json(), { url: webhook.url, types: ['*'], description: '' })
  t.same((await ask('DELETE', at(webhook))).json(), { status: 'ok' })
  for (const method of ['GET', 'DELETE'] as const) expectError(t, await ask(method, at(webhook)), 404, 'not-found')
  expectError(t, await ask('PATCH', at(webhook), { enabled: true }), 404, 'not-found')
  for (const path of ['/secret', '/test']) expectError(t, await ask('POST', at(webhook) + path), 404, 'not-found')
  expectError(t, await ask('GET', `${at(webhook)}/deliveries`), 404, 'not-found')
})

t.test('threat: the database has no secret that could be read', async t => {
  const { id, secret = '' } = await createWebhook(app, admin.token, 'https://crm.example/', { enabled: false })
  const row = await app.db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  t.notMatch(JSON.stringify(row), secret.slice('whsec_'.length, 20))
})

for (const url of [
  'https://10.0.0.7/hook',
  'https://169.254.169.254/latest/meta-data/',
  'https://[fd00::7]/',
  'https://[fe80::1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[64:ff9b::a00:1]/',
  'https://0x7f000001/',
  'https://2130706433/',
  'https://user:password@crm.example/',
  'https://crm.example/#fragment',
  'http://crm.example/hook',
  'ftp://crm.example/',
  'file:///etc/passwd',
  'hook',
])
  t.test(`threat: a webhook at ${url}`, async t => {
    const details = { in: 'body', field: 'url', problem: /./ }
    expectError(t, await ask('POST', URL, { url, types: ['*'], enabled: false }), 400, 'webhook-invalid', details)
    const webhook = await createWebhook(app, admin.token, 'https://crm.example/', { enabled: false })
    expectError(t, await ask('PATCH', at(webhook), { url }), 400, 'webhook-invalid', details)
  })

t.test('in production nothing leads to this machine, and only named hosts to private addresses', async t => {
  const config = { ...app.config, NODE_ENV: 'production' as const, WEBHOOK_INTERNAL_HOSTS: 'App.internal, 10.0.0.7' }
  const assertValid = webhookRules({ config, getSchemas: () => app.getSchemas() } as never)
  for (const url of ['http://localhost:3000/', 'https://127.0.0.1/', 'https://10.0.0.8/', 'http://10.0.0.7/'])
    t.throws(() => assertValid({ url }), { code: 'webhook-invalid' }, url)
  for (const url of ['https://app.internal/', 'https://10.0.0.7:8443/hook', 'https://crm.example/'])
    t.doesNotThrow(() => assertValid({ url }), url)
})

t.test('a type of events that there is not is rejected', async t => {
  for (const types of [['person.vanished'], ['planet.created'], ['person.*'], [], ['*', '*']])
    t.equal((await ask('POST', URL, { url: 'https://crm.example/', types })).statusCode, 400, String(types))
})

for (const type of ['persn.deleted', 'person.*', 'Person.deleted', 'person'])
  t.test(`${type} is named as no type of events`, async t => {
    const response = await ask('POST', URL, { url: 'https://crm.example/', types: ['session.deleted', type] })
    const problem = `must be types of events: ${type} is none`
    expectError(t, response, 400, 'webhook-invalid', { in: 'body', field: 'types', problem })
  })

t.test('a type of events in other characters is told from one by an example', async t => {
  const response = await ask('POST', URL, { url: 'https://crm.example/', types: ['person deleted'] })
  const problem = 'must be a type of events, such as person.deleted, or *'
  expectError(t, response, 400, 'webhook-invalid', { in: 'body', field: 'types/0', problem })
})

for (const url of ['ftp://crm.example/', 'wss://crm.example/', 'mailto:crm@crm.example'])
  t.test(`the scheme of ${url} is what is wrong`, async t => {
    const response = await ask('POST', URL, { url, types: ['*'] })
    expectError(t, response, 400, 'webhook-invalid', { in: 'body', field: 'url', problem: /^must use https/ })
  })

t.test('only administrators who authenticated lately change webhooks', async t => {
  const user = await logIn(app)
  expectError(t, await ask('GET', URL, undefined, user.token), 403, 'forbidden')
  const session = await logIn(app)
  await app.db.updateTable('users').set({ access_role: 'admin' }).where('id', '=', session.user_id).execute()
  const { token } = await logIn(app, { email: session.email, password: PASSWORD })
  await app.db.updateTable('sessions').set({ auth_time: 1 }).where('user_id', '=', session.user_id).execute()
  const payload = { url: 'https://crm.example/', types: ['*'] }
  t.equal((await ask('GET', URL, undefined, token)).statusCode, 200)
  t.equal((await ask('POST', URL, payload, token)).statusCode, 403)
})

t.test('a rotation that another one overtakes is refused', async t => {
  const webhook = await createWebhook(app, admin.token, 'https://crm.example/', { enabled: false })
  const responses = await Promise.all([ask('POST', `${at(webhook)}/secret`), ask('POST', `${at(webhook)}/secret`)])
  t.same(responses.map(({ statusCode }) => statusCode).sort(), [200, 409])
  const [{ secret, previous_secret_expires }] = responses.filter(r => r.statusCode === 200).map(r => r.json())
  t.not(secret, webhook.secret)
  const hours = (Date.parse(previous_secret_expires) - Date.now()) / 3_600_000
  t.ok(hours > 23.9 && hours <= 24)
})

t.test('a test event tells whether the webhook works, and a delivery is sent again with the same id', async t => {
  const receiver = await webhookReceiver(t)
  receiver.respond = status(400, {}, 'no')
  const webhook = await createWebhook(app, admin.token, receiver.url, { types: ['person.deleted'] })
  const { event_id } = (await ask('POST', `${at(webhook)}/test`)).json()
  await until(async () => (await deliveriesOf(app, webhook))[0]?.response_status === 400)
  const list = async (query = '') => (await ask('GET', `${at(webhook)}/deliveries${query}`)).json().results
  const [failed] = await list()
  t.match(failed, {
    event_id,
    type: 'webhook.test',
    status: 'pending',
    attempts: 1,
    response_status: 400,
    error: 'responded 400',
    next_attempt: /Z$/,
  })
  t.match((await ask('GET', at(webhook))).json(), { failing_since: /Z$/ })
  receiver.respond = status(204)
  t.equal((await ask('POST', `${at(webhook)}/deliveries/${failed.id}/retry`)).statusCode, 200)
  await allDelivered(app, webhook)
  t.same(
    receiver.received.map(({ headers }) => headers['webhook-id']),
    [event_id, event_id],
  )
  t.match(await list('?status=delivered'), [
    { status: 'delivered', attempts: 1, response_status: 204, error: null, next_attempt: null },
  ])
  t.same(await list('?status=failed'), [])
  t.match((await ask('GET', at(webhook))).json(), { failing_since: null })
  const other = await createWebhook(app, admin.token, receiver.url, { types: ['person.deleted'] })
  expectError(t, await ask('POST', `${at(other)}/deliveries/${failed.id}/retry`), 404, 'not-found')
  await ask('PATCH', at(webhook), { enabled: false })
  expectError(t, await ask('POST', `${at(webhook)}/test`), 409, 'webhook-disabled')
  expectError(t, await ask('POST', `${at(webhook)}/deliveries/${failed.id}/retry`), 409, 'webhook-disabled')
  await passTime(app, webhook)
})

for (const [what, act] of [
  ['a test event', (webhook: { id: string }) => ask('POST', `${at(webhook)}/test`)],
  [
    'a delivery that is sent again',
    async (webhook: { id: string }) => {
      const [{ id = '' } = {}] = await deliveriesOf(app, webhook)
      return ask('POST', `${at(webhook)}/deliveries/${id}/retry`)
    },
  ],
  ['a new URL', (webhook: { id: string }, url: string) => ask('PATCH', at(webhook), { url: `${url}/new` })],
] as const)
  t.test(`${what} ends the back-off of a webhook: somebody has mended the receiver`, async t => {
    const receiver = await webhookReceiver(t)
    receiver.respond = status(503, { 'retry-after': '3600' })
    const webhook = await createWebhook(app, admin.token, receiver.url, { types: ['person.deleted'] })
    await ask('POST', `${at(webhook)}/test`)
    await until(async () => (await webhookRow(app, webhook)).retry_at > Date.now())
    await app.webhooks.idle()
    receiver.respond = status(204)
    t.equal((await act(webhook, receiver.url)).statusCode, 200)
    await app.db.updateTable('webhook_deliveries').set({ due_at: 0 }).where('webhook_id', '=', webhook.id).execute()
    await app.webhooks.poll()
    await allDelivered(app, webhook)
    await app.webhooks.idle()
    t.match(await webhookRow(app, webhook), { failures: 0, failing_since: null, retry_at: 0 })
  })

t.test('a delivery that is sent again arrives at once, and shows nothing of earlier attempts until then', async t => {
  const receiver = await webhookReceiver(t)
  receiver.respond = status(503, { 'retry-after': '3600' })
  const webhook = await createWebhook(app, admin.token, receiver.url, { types: ['person.deleted'] })
  await ask('POST', `${at(webhook)}/test`)
  await until(async () => (await webhookRow(app, webhook)).retry_at > Date.now())
  await app.webhooks.idle()
  receiver.respond = () => {}
  const [{ id = '' } = {}] = await deliveriesOf(app, webhook)
  t.equal((await ask('POST', `${at(webhook)}/deliveries/${id}/retry`)).statusCode, 200)
  await until(() => receiver.received.length === 2, 2000)
  const { results } = (await ask('GET', `${at(webhook)}/deliveries`)).json()
  t.match(results, [{ attempts: 1, response_status: null, error: null }])
  await ask('DELETE', at(webhook))
})

t.test('a test event comes before what has waited', async t => {
  const receiver = await webhookReceiver(t)
  receiver.respond = status(503)
  const webhook = await createWebhook(app, admin.token, receiver.url, { types: ['person.deleted'] })
  await app.db
    .updateTable('webhooks')
    .set({ retry_at: Date.now() + 60_000 })
    .where('id', '=', webhook.id)
    .execute()
  await transaction(app.db, tx =>
    addDeliveries(
      tx,
      Array.from({ length: 8 }, (_, n) => ({
        webhook_id: webhook.id,
        event_id: randomUUIDv7(),
        type: 'person.deleted',
        subject: `${n}`,
        position: n + 1,
        body: '{}',
      })),
    ),
  )
  const { event_id } = (await ask('POST', `${at(webhook)}/test`)).json()
  await until(() => receiver.received.some(({ headers }) => headers['webhook-id'] === event_id))
  const { results } = (await ask('GET', `${at(webhook)}/deliveries?limit=1`)).json()
  t.match(results, [{ event_id, next_attempt: /^20/ }])
  await ask('DELETE', at(webhook))
})

t.test('who did what to webhooks is in the history', async t => {
  const { results } = (await ask('GET', `/audit_events/v1/?actor_id=${admin.user_id}&limit=100`)).json()
  const kinds = new Set(results?.map(({ kind }: { kind: string }) => kind))
  for (const kind of ['created', 'changed', 'removed', 'secret-rotated', 'retried', 'tested'])
    t.ok(kinds.has(`webhook-${kind}`), kind)
})

t.test('there is a maximum of webhooks', async t => {
  const { length } = await app.db.selectFrom('webhooks').select('id').execute()
  const row = await app.db.selectFrom('webhooks').selectAll().limit(1).executeTakeFirstOrThrow()
  const more = Array.from({ length: 100 - length }, (_, i) => ({
    ...row,
    id: `01900000-0000-7000-8000-0000000001${String(i).padStart(2, '0')}`,
    enabled: 0 as const,
  }))
  await app.db.insertInto('webhooks').values(more).execute()
  const again = await reauthenticated(app, admin)
  const payload = { url: 'https://crm.example/', types: ['*'] }
  expectError(t, await ask('POST', URL, payload, again.token), 409, 'too-many-webhooks')
})
