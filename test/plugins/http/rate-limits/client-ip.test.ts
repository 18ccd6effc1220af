// Whose request it is, where there is no token: nobody gets another budget by writing an address of his choice, or his own in another way.
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, logIn, verifiedUser } from '../../../support/app.ts'

interface From {
  remoteAddress?: string
  headers?: Record<string, string>
}

/** Each address has one request: is the second caller taken for the first? */
async function sameCaller(app: FastifyInstance, first: From, second: From): Promise<boolean> {
  const status = async ({ remoteAddress = '192.0.2.250', headers = {} }: From) =>
    (await call(app, 'GET', '/', { remoteAddress, headers })).statusCode
  if ((await status(first)) !== 200) throw new Error('the first caller came before')
  return (await status(second)) === 429
}

const forwarded = (address: string, remoteAddress = '10.0.0.1'): From => ({
  remoteAddress,
  headers: { 'x-forwarded-for': address },
})

const HEADERS = [
  'x-forwarded-for',
  'forwarded',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'x-originating-ip',
  'x-remote-addr',
  'via',
]

t.test("without a trusted proxy, no header changes the client's IP", async t => {
  const app = await build(t, { RATE_LIMIT_MAX: '1' })
  for (const [i, name] of HEADERS.entries()) {
    const remoteAddress = `198.51.100.${i}`
    const claimed = { remoteAddress, headers: { [name]: name === 'forwarded' ? 'for=203.0.113.9' : '203.0.113.9' } }
    t.ok(await sameCaller(app, { remoteAddress }, claimed), name)
  }
})

t.test('behind a trusted proxy, X-Forwarded-For says who it is, and no other header does', async t => {
  const app = await build(t, { RATE_LIMIT_MAX: '1', TRUST_PROXY: '10.0.0.0/8, fd00::/8' })
  t.notOk(await sameCaller(app, forwarded('203.0.113.1'), forwarded('203.0.113.2')))
  t.ok(await sameCaller(app, forwarded('203.0.113.3'), forwarded('203.0.113.3', '10.9.9.9')), 'over two proxies')
  t.ok(await sameCaller(app, forwarded('203.0.113.4'), { remoteAddress: '203.0.113.4' }), 'directly')
  t.ok(await sameCaller(app, forwarded('203.0.113.5'), forwarded('203.0.113.5', 'fd00::1')))
  for (const [i, name] of HEADERS.slice(1).entries()) {
    const first = forwarded(`203.0.113.${100 + i}`)
    const second = { ...first, headers: { ...first.headers, [name]: '203.0.113.9' } }
    t.ok(await sameCaller(app, first, second), name)
  }
})

t.test('behind a trusted proxy, what the client wrote into X-Forwarded-For himself does not count', async t => {
  for (const TRUST_PROXY of ['10.0.0.0/8', '1']) {
    const app = await build(t, { RATE_LIMIT_MAX: '1', TRUST_PROXY })
    t.ok(await sameCaller(app, forwarded('203.0.113.1'), forwarded('198.51.100.9, 203.0.113.1')), TRUST_PROXY)
    t.ok(await sameCaller(app, forwarded('x, 203.0.113.2'), forwarded(', ,y,203.0.113.2')), TRUST_PROXY)
  }
})

t.test('X-Forwarded-For of an untrusted peer is ignored', async t => {
  const app = await build(t, { RATE_LIMIT_MAX: '1', TRUST_PROXY: '10.0.0.1' })
  t.ok(await sameCaller(app, forwarded('203.0.113.1', '10.0.0.2'), forwarded('203.0.113.2', '10.0.0.2')))
})

t.test('with two trusted hops, the second address from the right counts', async t => {
  const app = await build(t, { RATE_LIMIT_MAX: '1', TRUST_PROXY: '2' })
  t.ok(await sameCaller(app, forwarded('203.0.113.1, 10.0.0.7'), forwarded('x, 203.0.113.1, 10.0.0.8')))
  t.notOk(await sameCaller(app, forwarded('203.0.113.2, 10.0.0.7'), forwarded('203.0.113.3, 10.0.0.7')))
})

const ONE: [string, string, string][] = [
  ['two addresses of one IPv6 /64', '2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
  ['capitals', '2001:db8:a:1::1', '2001:DB8:A:1::1'],
  ['zeros written out', '2001:db8:0:3::1', '2001:0db8:0000:0003:0000:0000:0000:0001'],
  ['IPv4 at the end', '2001:db8:0:4::192.0.2.1', '2001:db8:0:4::c000:201'],
  ['an IPv4-mapped address and the IPv4 address', '203.0.113.1', '::ffff:203.0.113.1'],
  ['an IPv4-mapped address in capitals', '203.0.113.2', '::FFFF:203.0.113.2'],
  ['an IPv4-mapped address in hexadecimal', '203.0.113.3', '::ffff:cb00:7103'],
  ['an IPv4-mapped address written out', '203.0.113.4', '0:0:0:0:0:ffff:203.0.113.4'],
  ['a zone', 'fe80:0:0:5::1%eth0', 'fe80:0:0:5::1'],
]

const TWO: [string, string, string][] = [
  ['neighbouring /64s', '2001:db8:2:1::1', '2001:db8:2:2::1'],
  ['neighbouring IPv4 addresses', '203.0.113.101', '203.0.113.102'],
  ['neighbouring IPv4-mapped addresses', '::ffff:203.0.113.103', '::ffff:203.0.113.104'],
]

/** Some proxies write the port along. */
const WITH_PORT: [string, string, string][] = [
  ['IPv4 with different ports', '203.0.113.5:1', '203.0.113.5:65535'],
  ['IPv4 with a port and without', '203.0.113.6:1', '203.0.113.6'],
  ['IPv6 with different ports', '[2001:db8:0:6::1]:1', '[2001:db8:0:6::1]:65535'],
  ['IPv6 with a port and without', '[2001:db8:0:7::1]:1', '2001:db8:0:7::1'],
  ['IPv6 in brackets', '[2001:db8:0:8::1]', '2001:db8:0:8::1'],
]

t.test('one IP is one client, however it is spelled', async t => {
  const direct = await build(t, { RATE_LIMIT_MAX: '1' })
  const proxied = await build(t, { RATE_LIMIT_MAX: '1', TRUST_PROXY: '1' })
  for (const [name, one, other] of ONE) {
    t.ok(await sameCaller(direct, { remoteAddress: one }, { remoteAddress: other }), name)
  }
  for (const [name, one, other] of [...ONE, ...WITH_PORT]) {
    t.ok(await sameCaller(proxied, forwarded(one), forwarded(other)), `${name}, behind a proxy`)
  }
  for (const [name, one, other] of TWO) {
    t.notOk(await sameCaller(direct, { remoteAddress: one }, { remoteAddress: other }), name)
    t.notOk(await sameCaller(proxied, forwarded(one), forwarded(other)), `${name}, behind a proxy`)
  }
})

t.test('the login limit uses the same IP', async t => {
  const app = await build(t, { AUTH_RATE_LIMIT_MAX: '1', TRUST_PROXY: '1' })
  const attempt = async (address: string) => {
    const payload = { email: 'nobody@alderaan.example', password: 'Alderaan1977' }
    return (await call(app, 'POST', '/users/v1/login', { ...forwarded(address), payload })).statusCode
  }
  for (const [name, one, other] of [...ONE, ...WITH_PORT]) {
    t.same([await attempt(one), await attempt(other)], [404, 429], name)
  }
})

t.test('a proxy that adds a port, or anything else, prevents nobody from logging in', async t => {
  const app = await build(t, { TRUST_PROXY: '1' })
  const user = await verifiedUser(app)
  for (const address of [
    '203.0.113.1:1',
    '[2001:0db8:0000:0000:0000:0000:0000:0001]:65535',
    'unknown',
    'x'.repeat(999),
  ]) {
    const login = await call(app, 'POST', '/users/v1/login', { ...forwarded(address), payload: user })
    t.equal(login.statusCode, 200, address.slice(0, 50))
  }
  t.ok(await logIn(app, user))
  const rows = await app.db.selectFrom('sessions').select('ip').orderBy('id').execute()
  t.same(
    rows.slice(0, 2).map(({ ip }) => ip),
    ['203.0.113.1', '2001:0db8:0000:0000:0000:0000:0000:0001'],
  )
})
