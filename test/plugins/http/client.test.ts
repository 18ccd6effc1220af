import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { build as buildApp } from '../../../app.ts'
import { readConfig } from '../../../plugins/config/index.ts'
import { call, environment } from '../../support/app.ts'

type Client = FastifyRequest['client']

const app = buildApp(readConfig(await environment(t, { TRUST_PROXY: '1' })))
t.teardown(() => app.close())
const clients: [Client, Client][] = []
app.after(() => {
  app.addHook('onRequest', async request => void clients.push([request.client, request.client]))
})
await app.ready()

async function clientOf(headers: Record<string, string>): Promise<Client> {
  await call(app, 'GET', '/', { headers })
  const [client] = clients.at(-1) ?? []
  if (!client) throw new Error('no request was seen')
  return client
}

t.test('a client is its IP address, its user agent and the key that limits count by', async t => {
  const { ip, userAgent, limitKey } = await clientOf({ 'x-forwarded-for': '2001:db8::7', 'user-agent': 'R2-D2' })
  t.equal(ip, '2001:db8::7')
  t.equal(userAgent, 'R2-D2')
  t.equal(limitKey, '2001:db8::', 'the whole network: its addresses cost an attacker nothing')
})

t.test(
  'what a proxy passes on that is no IP address is not kept, and a user agent no longer than its column',
  async t => {
    const { ip, userAgent } = await clientOf({ 'x-forwarded-for': 'x'.repeat(300), 'user-agent': 'y'.repeat(600) })
    t.equal(ip, '127.0.0.1')
    t.equal(userAgent?.length, 512)
  },
)

t.test('it is computed once per request', async t => {
  await clientOf({})
  const [first, second] = clients.at(-1) ?? []
  t.equal(first, second)
})
