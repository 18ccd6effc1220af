// Server-side request forgery by what a provider's metadata names (RFC 9700 §4.6 speaks of the issuer; OWASP of the rest).
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import t from 'tap'
import { call, type Test } from '../../support/app.ts'
import { signingKey } from '../../support/providers/id-token.ts'
import type { OpenidOptions } from '../../support/providers/openid.ts'
import { Browser, gained, NOTHING, withCorp, withVariants } from '../../support/social.ts'

const NAMES = ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri']

/** A service inside the operator's network. */
async function internal(t: Test) {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  return { requests, port: address !== null && typeof address === 'object' ? address.port : 0 }
}

const TARGETS = [
  'http://169.254.169.254/latest/meta-data/',
  'http://10.0.0.1/',
  'http://192.168.0.1/',
  'http://[fd00::1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://0x0a000001/',
  'http://evil.test/',
  'ftp://evil.test/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'data:application/json,{}',
  'not a url',
  '',
]

/** Without an address in the ID token, the userinfo endpoint is asked. */
const withoutAddress: OpenidOptions['idToken'] = ({ header, claims: { email: _email, name: _name, ...rest } }) => ({
  header,
  claims: rest,
})

const CASES = TARGETS.flatMap((target, i) =>
  NAMES.filter(name => name !== 'authorization_endpoint' || target !== 'http://evil.test/').map(name => ({
    key: `p${i}_${name.slice(0, 4)}`,
    target,
    name,
  })),
)

t.test('threat: metadata names something inside, or nothing at all', async t => {
  const key = signingKey()
  const { app, servers } = await withVariants(
    t,
    Object.fromEntries(
      CASES.map(({ key: provider, name, target }): [string, Partial<OpenidOptions>] => [
        provider,
        { key, idToken: withoutAddress, metadata: metadata => ({ ...metadata, [name]: target }) },
      ]),
    ),
  )
  for (const { key: provider, name, target } of CASES) {
    const browser = new Browser(app)
    const begun = await browser.open(`/social/v1/${provider}/authorize`)
    if (begun.statusCode !== 302) continue
    const message = `${name}: ${JSON.stringify(target)}`
    t.ok(begun.headers.location?.startsWith(servers[provider]?.issuer ?? 'none'), message)
    const { statusCode } = await browser.logIn(provider).catch(() => ({ statusCode: 400 }))
    if (name !== 'userinfo_endpoint') t.not(statusCode, 303, message)
  }
})

t.test('threat: metadata names a host whose name resolves to this machine', async t => {
  const connections: unknown[] = []
  const server = createTcpServer(socket => {
    connections.push(socket)
    socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  for (const name of ['token_endpoint', 'jwks_uri']) {
    const { app } = await withCorp(t, { metadata: metadata => ({ ...metadata, [name]: `https://localhost:${port}/` }) })
    const browser = new Browser(app)
    t.not((await browser.logIn('corp')).statusCode, 303, name)
    t.equal(await browser.user(), undefined)
  }
  t.same(connections, [], 'nothing connects to it')
})

t.test('threat: metadata for another issuer', async t => {
  const { app } = await withCorp(t, { metadata: metadata => ({ ...metadata, issuer: 'https://evil.test' }) })
  const response = await new Browser(app).open('/social/v1/corp/authorize')
  t.not(response.statusCode, 302)
  t.same(await gained(app), NOTHING)
})

t.test('threat: an endpoint redirects to a service inside', async t => {
  const inside = await internal(t)
  for (const step of ['/.well-known/', '/jwks', '/token']) {
    const { app, corp } = await withCorp(t)
    const normal = corp.counterpart.handler
    corp.counterpart.handler = (request, response) => {
      if (!request.url?.startsWith(step)) normal(request, response)
      else response.writeHead(307, { location: `http://127.0.0.1:${inside.port}/secret` }).end()
    }
    const browser = new Browser(app)
    const begun = await browser.open('/social/v1/corp/authorize')
    if (begun.statusCode === 302) t.not((await browser.logIn('corp')).statusCode, 303, step)
  }
  t.same(inside.requests, [])
})

t.test('threat: jku and x5u in an ID token make the service fetch nothing', async t => {
  const inside = await internal(t)
  const { app, corp } = await withCorp(t)
  const url = `http://127.0.0.1:${inside.port}/keys`
  corp.options.idToken = ({ header, claims }) => ({ header: { ...header, jku: url, x5u: url }, claims })
  const id_token = corp.issue({ nonce: 'the-nonce' })
  await call(app, 'POST', '/social/v1/corp', { payload: { id_token, nonce: 'the-nonce' } })
  t.same(inside.requests, [])
})
