/** A receiver of webhooks: keeps what it was sent, and responds as a test wants it to. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { CreatedWebhook } from '#schemas/webhooks.ts'
import type { WebhookRow } from '#sql/webhooks.ts'
import { call, type Test } from './app.ts'
import { until } from './until.ts'

export interface Received {
  headers: IncomingHttpHeaders
  body: string
  /** The event, where it is JSON. */
  event: { id: string; type: string; subject: string; data: Record<string, unknown> }
  /** Whether it was taken over. */
  taken: boolean
}

export interface WebhookReceiver {
  url: string
  port: number
  received: Received[]
  /** How it responds; by default 204. */
  respond(response: ServerResponse, received: Received): void
  /** The events that it has taken over, by their subjects, each in the order of arrival. */
  taken(): Received['event'][]
  close(): Promise<void>
}

export const status =
  (code: number, headers: Record<string, string> = {}, body = '') =>
  (response: ServerResponse) =>
    void response.writeHead(code, headers).end(body)

/** @param port a free one unless given */
export async function webhookReceiver(t: Test, port = 0): Promise<WebhookReceiver> {
  const receiver: WebhookReceiver = {
    url: '',
    port,
    received: [],
    respond: status(204),
    taken: () => receiver.received.filter(({ taken }) => taken).map(({ event }) => event),
    async close() {
      if (!server.listening) return
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const event = body.startsWith('{') ? JSON.parse(body) : undefined
    const received = { headers: request.headers, body, event, taken: false }
    receiver.received.push(received)
    receiver.respond(response, received)
    received.taken = response.writableEnded && response.statusCode < 300
  })
  t.teardown(receiver.close)
  await once(server.listen(port, '127.0.0.1'), 'listening')
  receiver.port = (server.address() as AddressInfo).port
  receiver.url = `http://127.0.0.1:${receiver.port}/hook`
  return receiver
}

export type NewlyCreated = typeof CreatedWebhook.static

/** @param token an administrator's */
export async function createWebhook(
  app: FastifyInstance,
  token: string,
  url: string,
  members: object = {},
): Promise<NewlyCreated> {
  const payload = { url, types: ['*'], ...members }
  const response = await call(app, 'POST', '/webhooks/v1/', { token, payload })
  if (response.statusCode !== 201) throw new Error(`no webhook: ${response.body}`)
  return response.json()
}

/** For tests that make many: there is a maximum of webhooks, and the earliest go. */
export async function makeRoom(app: FastifyInstance): Promise<void> {
  const ids = await app.db.selectFrom('webhooks').select('id').orderBy('id', 'desc').limit(1000).offset(50).execute()
  for (const { id } of ids) await app.db.deleteFrom('webhooks').where('id', '=', id).execute()
}

/** The rows of a webhook's deliveries, in the order of their events. */
export const deliveriesOf = (app: FastifyInstance, { id }: Pick<WebhookRow, 'id'>) =>
  app.db.selectFrom('webhook_deliveries').selectAll().where('webhook_id', '=', id).orderBy('position').execute()

export const webhookRow = (app: FastifyInstance, { id }: Pick<WebhookRow, 'id'>) =>
  app.db.selectFrom('webhooks').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

/** As if the time until the next attempts had passed. */
export async function passTime(app: FastifyInstance, { id }: Pick<WebhookRow, 'id'>): Promise<void> {
  await app.webhooks.idle()
  await app.db.updateTable('webhooks').set({ retry_at: 0 }).where('id', '=', id).execute()
  await app.db
    .updateTable('webhook_deliveries')
    .set({ due_at: 0 })
    .where('webhook_id', '=', id)
    .where('status', '=', 'pending')
    .execute()
  await app.webhooks.poll()
}

/** Resolves once the webhook has so many deliveries, and none of them is pending. */
export const allDelivered = (app: FastifyInstance, webhook: Pick<WebhookRow, 'id'>, count = 1, limit = 10_000) =>
  until(async () => {
    const rows = await deliveriesOf(app, webhook)
    return rows.length >= count && rows.every(row => row.status !== 'pending')
  }, limit)
