// Receivers verify what they get with a library that nobody here wrote.
import { Webhook } from 'standardwebhooks'
import t from 'tap'
import { administrator, build, call, environment, SECRET } from '../../../support/app.ts'
import { until } from '../../../support/until.ts'
import { createWebhook, type NewlyCreated, passTime, webhookReceiver, webhookRow } from '../../../support/webhooks.ts'

const env = await environment(t)
const app = await build(t, env)
const { token } = await administrator(app)

const post = async (webhook: NewlyCreated, path: string) =>
  (await call(app, 'POST', `/webhooks/v1/${webhook.id}${path}`, { token })).json()

async function webhookWithReceiver(t: Parameters<typeof webhookReceiver>[0]) {
  const receiver = await webhookReceiver(t)
  const webhook = await createWebhook(app, token, receiver.url, { types: ['person.deleted'] })
  /** What the next event looks like on the wire. */
  async function next() {
    const { length } = receiver.received
    await post(webhook, '/test')
    await until(() => receiver.received.length > length)
    const { body = '', headers = {} } = receiver.received.at(-1) ?? {}
    return { body, headers: headers as Record<string, string> }
  }
  return { webhook, next }
}

t.test('the signature is that of the secret, over id, time and body', async t => {
  const { webhook, next } = await webhookWithReceiver(t)
  const { body, headers } = await next()
  const receiver = new Webhook(webhook.secret ?? '')
  t.match(receiver.verify(body, headers), { type: 'webhook.test', id: headers['webhook-id'], subject: webhook.id })
  t.throws(() => receiver.verify(`${body} `, headers))
  t.throws(() => receiver.verify(body, { ...headers, 'webhook-id': 'another' }))
  t.throws(() =>
    receiver.verify(body, { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1) }),
  )
  t.throws(() => new Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw').verify(body, headers))
})

t.test('after a rotation both secrets sign, until the overlap is over', async t => {
  const { webhook, next } = await webhookWithReceiver(t)
  const first = new Webhook(webhook.secret ?? '')
  const second = new Webhook((await post(webhook, '/secret')).secret)
  const overlap = await next()
  t.equal(overlap.headers['webhook-signature']?.split(' ').length, 2)
  for (const receiver of [first, second]) t.ok(receiver.verify(overlap.body, overlap.headers))

  await app.db.updateTable('webhooks').set({ previous_secret_expires_at: 1 }).where('id', '=', webhook.id).execute()
  const after = await next()
  t.throws(() => first.verify(after.body, after.headers))
  t.ok(second.verify(after.body, after.headers))

  const third = new Webhook((await post(webhook, '/secret')).secret)
  const again = await next()
  t.throws(() => first.verify(again.body, again.headers), 'a second rotation ends the first secret')
  for (const receiver of [second, third]) t.ok(receiver.verify(again.body, again.headers))
})

t.test('secrets are kept when SECRET is rotated: encrypted anew, and with a key that is gone rotated', async t => {
  const { webhook, next } = await webhookWithReceiver(t)
  const { secrets } = await webhookRow(app, webhook)
  const newer = await build(t, { ...env, SECRET: `another-horse-battery-staple-0123,${SECRET}` })
  await newer.cleanUp.run()
  const reencrypted = (await webhookRow(app, webhook)).secrets
  t.not(reencrypted, secrets)
  await newer.close()
  // The first process lacks the new key.
  await post(webhook, '/test')
  await until(async () => (await webhookRow(app, webhook)).failing_since !== null)
  const rotated = new Webhook((await post(webhook, '/secret')).secret)
  await passTime(app, webhook)
  const { body, headers } = await next()
  t.ok(rotated.verify(body, headers))
})
