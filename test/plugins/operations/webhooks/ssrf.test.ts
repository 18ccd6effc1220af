// Server-side request forgery: an administrator of accounts need not be one of the network.
import dns from 'node:dns'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import { type AddressInfo, isIP } from 'node:net'
import tls from 'node:tls'
import t from 'tap'
import { administrator, build, call } from '../../../support/app.ts'
import { selfSigned } from '../../../support/certificates.ts'
import { until } from '../../../support/until.ts'
import { createWebhook, deliveriesOf, passTime } from '../../../support/webhooks.ts'

const app = await build(t, { WEBHOOK_INTERNAL_HOSTS: 'app.internal', WEBHOOK_TIMEOUT_SECONDS: '5' })
const { token } = await administrator(app)

/** What becomes of an event for a URL that got into the database somehow. */
async function errorAt(url: string): Promise<string | null | undefined> {
  const webhook = await createWebhook(app, token, 'https://crm.example/', { types: ['person.deleted'] })
  await app.db.updateTable('webhooks').set({ url }).where('id', '=', webhook.id).execute()
  await call(app, 'POST', `/webhooks/v1/${webhook.id}/test`, { token })
  await until(async () => ((await deliveriesOf(app, webhook))[0]?.error ?? null) !== null)
  const [delivery] = await deliveriesOf(app, webhook)
  await app.db.updateTable('webhooks').set({ enabled: 0 }).where('id', '=', webhook.id).execute()
  await passTime(app, webhook)
  return delivery?.error
}

for (const url of [
  'https://10.0.0.7/',
  'https://172.16.0.1/',
  'https://192.168.0.1/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://168.63.129.16/metadata/instance',
  'https://0.0.0.0/',
  'https://[::]/',
  'https://[fd00:ec2::254]/',
  'https://[fe80::1]/',
  'https://[::ffff:169.254.169.254]/',
  'https://[64:ff9b::a9fe:a9fe]/',
  'https://[2002:a00:1::]/',
  'https://0xa9fea9fe/',
  'https://2852039166/',
  'https://user:password@crm.example/',
  'http://crm.example/',
])
  t.test(`threat: nothing is sent to ${url}`, async t => {
    t.equal(await errorAt(url), 'the host is not allowed')
  })

for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', '::1', 'fd00::1', '::ffff:10.0.0.1'])
  t.test(`threat: a name leads to ${address} by the time of the connection (DNS rebinding)`, async t => {
    const { lookup } = dns
    t.teardown(() => replaceLookup(lookup))
    let asked = 0
    const answer = (_name: string, _options: object, callback: (error: null, found: dns.LookupAddress[]) => void) => {
      asked++
      callback(null, [{ address, family: isIP(address) }])
    }
    replaceLookup(answer)
    t.equal(await errorAt('https://crm.example/'), 'crm.example resolves to private addresses only')
    t.equal(asked, 1)
  })

t.test('threat: a connection to a private address that another setting allows is used for a webhook', async t => {
  const { lookup } = dns
  t.teardown(() => replaceLookup(lookup))
  replaceLookup((_name: string, options: dns.LookupOptions, callback: (...found: unknown[]) => void) =>
    options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4),
  )
  const files = await selfSigned(t, 'internal.example')
  const [cert, key] = await Promise.all([readFile(files.cert, 'utf8'), readFile(files.key)])
  const certificates = tls.getCACertificates('default')
  t.teardown(() => tls.setDefaultCACertificates(certificates))
  tls.setDefaultCACertificates([...certificates, cert])
  const requests: string[] = []
  const inside = createServer({ cert, key }, (request, response) => {
    requests.push(`${request.method}`)
    response.end('internal')
  })
  t.teardown(() => inside.close())
  await once(inside.listen(0, '127.0.0.1'), 'listening')
  const { port } = inside.address() as AddressInfo
  const url = `https://internal.example:${port}/`

  const allowed = await app.outbound(new URL(url), { internalHosts: ['internal.example'], timeoutMs: 5000 })
  t.equal(await allowed.text(), 'internal')
  t.equal(await errorAt(url), 'internal.example resolves to private addresses only')
  t.same(requests, ['GET'])
})

function replaceLookup(lookup: unknown): void {
  Object.assign(dns, { lookup })
  syncBuiltinESMExports()
}

t.test('a host that the operator named is asked, wherever it is', async t => {
  t.match(await errorAt('https://app.internal/'), /ENOTFOUND|EAI_AGAIN/)
})
