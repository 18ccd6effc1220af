// What happens is delivered to webhooks at least once, in order per subject, whatever receivers do.
import type { ServerResponse } from 'node:http'
import t from 'tap'
import { queueing } from '../../../../plugins/operations/webhooks/queue.ts'
import { administrator, build, call, logIn, PASSWORD } from '../../../support/app.ts'
import { changeContact, createContact } from '../../../support/changes.ts'
import { until } from '../../../support/until.ts'
import {
  allDelivered,
  createWebhook,
  deliveriesOf,
  passTime,
  status,
  webhookReceiver,
  webhookRow,
} from '../../../support/webhooks.ts'

const app = await build(t, { CONTACTS_RATE_LIMIT_MAX: '100000', WEBHOOK_TIMEOUT_SECONDS: '1' })
const { token } = await administrator(app)
const user = await logIn(app)

const CONTACTS = { types: ['contact.created', 'contact.updated'] }
const create = () => createContact(app, user)
const change = (subject: string, notes: string) => changeContact(app, user, subject, notes)

/** A webhook for contacts, which ends with the test: nothing of the next one is for it. */
async function webhookFor(
  t: Parameters<typeof webhookReceiver>[0],
  receiver: { url: string },
  members: object = CONTACTS,
) {
  const webhook = await createWebhook(app, token, receiver.url, members)
  t.teardown(() => app.db.updateTable('webhooks').set({ enabled: 0 }).where('id', '=', webhook.id).execute())
  return webhook
}

const attempted = (webhook: { id: string }, attempts = 1) =>
  until(async () => (await deliveriesOf(app, webhook)).some(row => row.attempts >= attempts && row.error !== null))

/** As if the back-off of the webhook were over; its deliveries have their own. */
async function mayBeAskedAgain(webhook: { id: string }) {
  await app.db.updateTable('webhooks').set({ retry_at: 0 }).where('id', '=', webhook.id).execute()
  await app.webhooks.poll()
}

t.test('a webhook gets the events that it wants, from its creation on, in the form of CloudEvents', async t => {
  const receiver = await webhookReceiver(t)
  const before = await create()
  const webhook = await webhookFor(t, receiver, { types: ['contact.updated'] })
  await change(before, 'x')
  await create()
  await until(() => receiver.received.length === 1)
  const { body = '', event, headers } = receiver.received[0] ?? {}
  t.match(event, {
    specversion: '1.0',
    id: headers?.['webhook-id'],
    source: 'http://holocron.test',
    type: 'contact.updated',
    subject: before,
    actor: `${user.user_id}`,
    data: { action: 'update', user_id: user.user_id, changed: ['notes'] },
  })
  t.match(headers, { 'content-type': 'application/json', 'webhook-timestamp': /^\d{10}$/, 'webhook-signature': /^v1,/ })
  t.notMatch(body, /Leia/)
  await allDelivered(app, webhook)
  t.equal(receiver.received.length, 1)
})

t.test('an outage of the receiver: 200 changes made meanwhile all arrive, in order per subject, once', async t => {
  const receiver = await webhookReceiver(t)
  const webhook = await webhookFor(t, receiver)
  const { port } = receiver
  await receiver.close()
  const subjects: string[] = []
  for (let i = 0; i < 10; i++) subjects.push(await create())
  for (let round = 0; round < 19; round++) await Promise.all(subjects.map(subject => change(subject, `note ${round}`)))
  await until(async () => (await deliveriesOf(app, webhook)).length === 200)
  await attempted(webhook)
  await passTime(app, webhook)
  await app.webhooks.idle()
  const waiting = await deliveriesOf(app, webhook)
  t.ok(waiting.every(row => row.status === 'pending'))
  const attempts = waiting.reduce((sum, row) => sum + row.attempts, 0)
  t.ok(attempts <= 8, `${attempts} attempts: one finds out that it is still away, the others wait`)
  t.match(await webhookRow(app, webhook), { failing_since: Number, failures: Number })

  const back = await webhookReceiver(t, port)
  await passTime(app, webhook)
  await allDelivered(app, webhook)
  const taken = back.taken()
  t.equal(taken.length, 200)
  t.equal(new Set(taken.map(({ id }) => id)).size, 200)
  const expected = await deliveriesOf(app, webhook)
  for (const subject of subjects)
    t.same(
      taken.filter(event => event.subject === subject).map(({ id }) => id),
      expected.filter(row => row.subject === subject).map(row => row.event_id),
      'in order',
    )
  t.match(await webhookRow(app, webhook), { failing_since: null, failures: 0, retry_at: 0 })
})

t.test('a receiver that fails and comes back gets the same event again, with the same id', async t => {
  const receiver = await webhookReceiver(t)
  const webhook = await webhookFor(t, receiver)
  receiver.respond = status(500)
  await create()
  await attempted(webhook)
  const { retry_at } = await webhookRow(app, webhook)
  const delay = retry_at - Date.now()
  t.ok(delay > 2000 && delay < 7000, `asked again in ${delay} ms`)
  receiver.respond = status(200)
  await passTime(app, webhook)
  await allDelivered(app, webhook)
  const [first, second] = receiver.received
  t.equal(receiver.received.length, 2)
  t.equal(first?.headers['webhook-id'], second?.headers['webhook-id'])
  t.equal(first?.body, second?.body)
})

t.test('back-off grows, to an hour at most', async t => {
  const receiver = await webhookReceiver(t)
  const webhook = await webhookFor(t, receiver)
  receiver.respond = status(500)
  await create()
  const delays: number[] = []
  for (let attempt = 1; attempt <= 7; attempt++) {
    await attempted(webhook, attempt)
    await app.webhooks.idle()
    delays.push(Math.round(((await webhookRow(app, webhook)).retry_at - Date.now()) / 1000))
    await passTime(app, webhook)
  }
  for (const [i, seconds] of [5, 20, 80, 320, 1280, 3600, 3600].entries()) {
    const delay = delays[i] ?? 0
    t.ok(delay > seconds * 0.7 && delay < seconds * 1.3, `${delay} s of ${seconds}`)
  }
})

t.test('an event that a receiver rejects holds up those of its subject alone', async t => {
  const receiver = await webhookReceiver(t)
  const webhook = await webhookFor(t, receiver)
  const rejected = await create()
  await allDelivered(app, webhook)
  receiver.respond = (response, { event }) => status(event.subject === rejected ? 422 : 204)(response)
  await change(rejected, 'first')
  await change(rejected, 'second')
  await attempted(webhook)
  await until(async () => (await deliveriesOf(app, webhook)).length === 3)
  await passTime(app, webhook)
  await attempted(webhook, 2)
  await app.webhooks.idle()
  await create()
  await until(async () => (await deliveriesOf(app, webhook))[3]?.status === 'delivered')
  const [, first, second] = await deliveriesOf(app, webhook)
  t.equal(second?.due_at, first?.due_at, 'they are looked for no earlier')
  t.same(
    (await deliveriesOf(app, webhook)).map(row => [row.status, row.attempts]),
    [
      ['delivered', 1],
      ['pending', 2],
      ['pending', 0],
      ['delivered', 1],
    ],
  )
  receiver.respond = status(204)
  await passTime(app, webhook)
  await allDelivered(app, webhook)
  t.same(
    receiver
      .taken()
      .slice(-2)
      .map(({ subject }) => subject),
    [rejected, rejected],
  )
})

t.test('an event that crashes the receiver holds up only its subject', async t => {
  const receiver = await webhookReceiver(t)
  const webhook = await webhookFor(t, receiver)
  const poison = await create()
  await allDelivered(app, webhook)
  receiver.respond = (response, { event }) => status(event.subject === poison ? 500 : 204)(response)
  await change(poison, 'first')
  await attempted(webhook)
  await app.webhooks.idle()
  await change(poison, 'second')
  await create()
  await until(async () => (await deliveriesOf(app, webhook)).length === 4)
  await mayBeAskedAgain(webhook)
  await until(async () => (await deliveriesOf(app, webhook))[3]?.status === 'delivered')
  await app.webhooks.idle()
  t.match(await deliveriesOf(app, webhook), [
    { status: 'delivered' },
    { status: 'pending', attempts: 1, response_status: 500 },
    { status: 'pending', attempts: 0 },
    { status: 'delivered', attempts: 1 },
  ])
  t.match(await webhookRow(app, webhook), { failures: 0, failing_since: null, retry_at: 0 })
})

for (const code of [302, 401, 403, 404])
  t.test(`${code} is about the URL, whatever the event: one at a time finds out whether it was mended`, async t => {
    const receiver = await webhookReceiver(t)
    const webhook = await webhookFor(t, receiver)
    receiver.respond = status(code)
    await create()
    await attempted(webhook)
    await create()
    await until(async () => (await deliveriesOf(app, webhook)).length === 2)
    await app.webhooks.poll()
    await app.webhooks.idle()
    t.equal(receiver.received.length, 1, 'the next event waits, too')
    t.match(await webhookRow(app, webhook), { failures: 1 })
  })

for (const code of [301, 302, 303, 307, 308])
  t.test(`threat: a receiver that responds ${code} leads nowhere`, async t => {
    const [receiver, inside] = [await webhookReceiver(t), await webhookReceiver(t)]
    const webhook = await webhookFor(t, receiver)
    receiver.respond = status(code, { location: inside.url })
    await create()
    await attempted(webhook)
    t.match(await deliveriesOf(app, webhook), [
      { status: 'pending', response_status: code, error: `responded ${code}` },
    ])
    t.equal(inside.received.length, 0)
  })

for (const [kind, respond] of [
  ['hangs', () => {}],
  [
    'trickles',
    (response: ServerResponse) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('.'), 50)
      response.on('close', () => clearInterval(timer))
    },
  ],
  [
    'never stops',
    (response: ServerResponse) => {
      const chunk = Buffer.alloc(65_536)
      const more = () => {
        while (response.write(chunk));
      }
      response.writeHead(200).on('drain', more)
      more()
    },
  ],
] as const)
  t.test(`threat: a receiver that ${kind} holds up no other, and is asked again`, async t => {
    const [receiver, healthy] = [await webhookReceiver(t), await webhookReceiver(t)]
    const [webhook, other] = [await webhookFor(t, receiver), await webhookFor(t, healthy)]
    receiver.respond = respond
    for (let i = 0; i < 8; i++) await create()
    await allDelivered(app, other, 8, 900)
    t.equal(healthy.taken().length, 8)
    await attempted(webhook)
    await app.webhooks.idle()
    t.ok(receiver.received.length <= 4, 'at most four at a time')
    t.match(await webhookRow(app, webhook), { failures: 1, failing_since: Number })
    receiver.respond = status(204)
    await passTime(app, webhook)
    await allDelivered(app, webhook)
    t.equal(receiver.taken().length, 8)
  })

t.test('a receiver that resets the connection is asked again', async t => {
  const receiver = await webhookReceiver(t)
  const webhook = await webhookFor(t, receiver)
  receiver.respond = response => void response.socket?.resetAndDestroy()
  await create()
  await attempted(webhook)
  t.match(await deliveriesOf(app, webhook), [{ status: 'pending', response_status: null, error: 'ECONNRESET' }])
  receiver.respond = status(204)
  await passTime(app, webhook)
  await allDelivered(app, webhook)
})

for (const [header, from, to] of [
  ['120', 115, 125],
  [new Date(Date.now() + 300_000).toUTCString(), 250, 301],
  ['9999999', 3590, 3601],
  ['soon', 3, 7],
  ['-1', 3, 7],
] as const)
  t.test(`429 with Retry-After: ${header} is heeded, for an hour at most`, async t => {
    const receiver = await webhookReceiver(t)
    const webhook = await webhookFor(t, receiver)
    receiver.respond = status(429, { 'retry-after': header })
    await create()
    await attempted(webhook)
    const seconds = ((await webhookRow(app, webhook)).retry_at - Date.now()) / 1000
    t.ok(seconds > from && seconds < to, `${seconds} s`)
    await create()
    await until(async () => (await deliveriesOf(app, webhook)).length === 2)
    await app.webhooks.poll()
    await app.webhooks.idle()
    t.equal(receiver.received.length, 1, 'the next event waits, too')
  })

t.test(
  '410 disables the webhook at once, and administrators get a mail; enabled again, it gets what waited',
  async t => {
    const receiver = await webhookReceiver(t)
    const webhook = await webhookFor(t, receiver)
    receiver.respond = status(410)
    await create()
    await until(async () => (await webhookRow(app, webhook)).enabled === 0)
    t.match(await webhookRow(app, webhook), { disabled_because: 'gone' })
    await create()
    receiver.respond = status(204)
    await passTime(app, webhook)
    t.equal(receiver.received.length, 1)
    const { email } = await app.db
      .selectFrom('users')
      .select('email')
      .where('access_role', '=', 'admin')
      .executeTakeFirstOrThrow()
    await app.mailer.idle()
    const mail = app.mailbox?.list(email)[0]
    t.match(mail?.subject, /webhook/i)
    t.ok(mail?.text.includes(receiver.url))
    const page = encodeURIComponent(`/admin/webhooks/${webhook.id}`)
    t.match(mail?.text, `/signin?redirect_to=${page}`)
    await call(app, 'PATCH', `/webhooks/v1/${webhook.id}`, { token, payload: { enabled: true } })
    const after = await create()
    await allDelivered(app, webhook)
    await until(() => receiver.taken().length === 2)
    t.equal(receiver.taken()[1]?.subject, after, 'not what happened while it was disabled')
  },
)

t.test(
  'a webhook that has failed for a day is disabled, once; an event that was rejected for a day is given up',
  async t => {
    const receiver = await webhookReceiver(t)
    const webhook = await webhookFor(t, receiver)
    receiver.respond = status(422)
    await create()
    await attempted(webhook)
    await app.webhooks.idle()
    const yesterday = Date.now() - 86_400_001
    await app.db
      .updateTable('webhook_deliveries')
      .set({ gives_up_at: 0 })
      .where('webhook_id', '=', webhook.id)
      .execute()
    await passTime(app, webhook)
    await until(async () => (await deliveriesOf(app, webhook))[0]?.status === 'failed')
    t.equal((await webhookRow(app, webhook)).enabled, 1)
    await app.db.updateTable('webhooks').set({ failing_since: yesterday }).where('id', '=', webhook.id).execute()
    await create()
    await until(async () => (await webhookRow(app, webhook)).enabled === 0)
    t.match(await webhookRow(app, webhook), { disabled_because: 'failing' })
  },
)

t.test('what a process had claimed that died is delivered by another one', async t => {
  const receiver = await webhookReceiver(t)
  const webhook = await webhookFor(t, receiver)
  receiver.respond = status(500)
  await create()
  await attempted(webhook)
  receiver.respond = status(204)
  await app.webhooks.idle()
  const claim = { due_at: Date.now() + 400, attempts: 1 }
  await app.db.updateTable('webhook_deliveries').set(claim).where('webhook_id', '=', webhook.id).execute()
  await app.db.updateTable('webhooks').set({ retry_at: 0 }).where('id', '=', webhook.id).execute()
  await app.webhooks.poll()
  await app.webhooks.idle()
  t.equal(receiver.taken().length, 0, 'while it may be alive')
  await allDelivered(app, webhook)
})

t.test('events that are read again, after a crash, are queued once', async t => {
  const receiver = await webhookReceiver(t)
  const webhook = await webhookFor(t, receiver)
  await create()
  await allDelivered(app, webhook)
  await until(() => receiver.taken().length === 1)
  const [first] = await app.changeEvents.after((await webhookRow(app, webhook)).since_position, 1)
  const { position = 0 } = first ?? {}
  await queueing(app, () => {})(await app.changeEvents.after(position - 1, 10))
  await create()
  await until(() => receiver.taken().length === 2)
  t.equal(new Set(receiver.received.map(({ event }) => event.id)).size, 2)
})

t.test('metrics say how much waits, and what became of attempts', async t => {
  const receiver = await webhookReceiver(t)
  const webhook = await webhookFor(t, receiver)
  const read = async () => String((await app.metrics.scrape()).bytes)
  const value = (text: string, name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  receiver.respond = status(500)
  await create()
  await attempted(webhook)
  const text = await read()
  t.equal(value(text, 'holocron_webhook_deliveries_waiting'), 1)
  t.ok(value(text, 'holocron_webhook_oldest_seconds') > 0)
  t.ok(value(text, 'holocron_webhook_attempts_total{outcome="unavailable"}'.replace(/[{}]/g, '\\$&')) > 0)
  t.ok(value(text, 'holocron_webhook_attempts_total{outcome="delivered"}'.replace(/[{}]/g, '\\$&')) > 0)
})

t.test('of a deleted account, a receiver that was away gets its end and those of its sessions', async t => {
  const receiver = await webhookReceiver(t)
  const webhook = await webhookFor(t, receiver, { types: ['contact.created', 'session.deleted', 'person.deleted'] })
  receiver.respond = status(503)
  const leaving = await logIn(app)
  await createContact(app, leaving)
  await attempted(webhook)
  receiver.respond = status(204)
  const payload = { password: PASSWORD }
  await call(app, 'DELETE', `/users/v1/${leaving.user_id}`, { token: leaving.token, payload })
  await until(async () => (await deliveriesOf(app, webhook)).length === 2)
  await mayBeAskedAgain(webhook)
  await allDelivered(app, webhook)
  t.same(
    receiver.taken().map(({ type }) => type),
    ['session.deleted', 'person.deleted'],
  )
})
