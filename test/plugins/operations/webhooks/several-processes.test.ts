// Several processes share the deliveries.
import t from 'tap'
import { administrator, build, environment, logIn } from '../../../support/app.ts'
import { createContact } from '../../../support/changes.ts'
import { until } from '../../../support/until.ts'
import { allDelivered, createWebhook, deliveriesOf, status, webhookReceiver } from '../../../support/webhooks.ts'

const env = await environment(t, { CONTACTS_RATE_LIMIT_MAX: '100000' })
const app = await build(t, env)
const { token } = await administrator(app)
const user = await logIn(app)

t.test('of several processes each delivers a part, and no event twice', async t => {
  const other = await build(t, env)
  const receiver = await webhookReceiver(t)
  const webhook = await createWebhook(app, token, receiver.url, { types: ['contact.created'] })
  receiver.respond = response => void setTimeout(status(204), 20, response)
  await other.webhooks.poll()
  const subjects = await Promise.all(Array.from({ length: 30 }, () => createContact(app, user)))
  await until(() => receiver.received.length >= 30)
  await allDelivered(app, webhook)
  t.same(receiver.received.map(({ event }) => event.subject).sort(), subjects.sort())
})

t.test('a process that stops gives back what it was delivering, and the other one goes on at once', async t => {
  const alone = await environment(t)
  const stopping = await build(t, alone)
  const { token } = await administrator(stopping)
  const receiver = await webhookReceiver(t)
  receiver.respond = () => {}
  const webhook = await createWebhook(stopping, token, receiver.url, { types: ['contact.created'] })
  await createContact(stopping, await logIn(stopping))
  await until(() => receiver.received.length === 1)
  const other = await build(t, alone)
  receiver.respond = status(204)
  const [claimed] = await deliveriesOf(other, webhook)
  t.ok((claimed?.due_at ?? 0) > Date.now(), 'it is claimed')
  await stopping.close()
  await allDelivered(other, webhook)
  t.equal(receiver.received.length, 2)
})
