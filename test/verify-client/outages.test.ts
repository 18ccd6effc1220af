/** Another service that cannot know what was revoked refuses every token, and recovers by itself. */
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, connect, createServer as createRelay, type Socket } from 'node:net'
import t from 'tap'
import { logIn, REAL, type Test } from '../support/app.ts'
import { serve, serveAnother } from '../support/oauth.ts'
import { startService } from '../support/process/service.ts'
import { logOut } from '../support/session.ts'
import { until } from '../support/until.ts'
import { BEGIN, current, impostor, verdict, verifierFor } from '../support/verify-client.ts'
import { status } from '../support/webhooks.ts'

const LIMIT = 6
/** No database has a part in these. */
const skip = REAL && 'the same on every profile'

/** The way to a service, which may lead elsewhere later, and on which nothing may move for a while. */
async function relay(t: Test, port: number) {
  const sockets = new Set<Socket>()
  const way = { port, frozen: false }
  const server = createRelay(client => {
    const upstream = connect(way.port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
    client.on('data', data => !way.frozen && upstream.write(data))
    upstream.on('data', data => !way.frozen && client.write(data))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return Object.assign(way, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}

t.test(
  'Holocron is killed: tokens are refused after the limit, and what happened meanwhile is known again',
  async t => {
    const { app, env } = await serve(t, { REVOCATION_SYNC_SECONDS: '1' })
    // Signed up before another process might send their mails.
    const [staying, leaving] = [await logIn(app), await logIn(app)]
    const first = await startService(t, env)
    const way = await relay(t, first.port)
    const heard: string[] = []
    const log = (message: string) => void heard.push(message)
    const verifier = await verifierFor(t, app, { url: way.url, maxStalenessSeconds: LIMIT, log })
    for (const { token } of [staying, leaving]) t.equal(await verdict(verifier, token), 'accepted')

    await first.end('SIGKILL')
    t.equal(await verdict(verifier, staying.token), 'accepted', 'a restart is no outage')
    await logOut(app, leaving.token)
    const took = await until(async () => (await verdict(verifier, staying.token)) === '503 service-unavailable', 15_000)
    t.ok(took > 2000 && took < (LIMIT + 2) * 1000, `${took} ms`)
    const refused = await verifier.verify(`Bearer ${staying.token}`).catch(error => error)
    t.same(refused.headers, { 'retry-after': '2' })

    way.port = (await startService(t, env)).port
    await until(async () => (await verdict(verifier, staying.token)) === 'accepted', 15_000)
    t.equal(await verdict(verifier, leaving.token), '401 token-invalid')
    t.match(heard, [/^revocation feed: interrupted/, 'revocation feed: connected again'])
    t.equal(heard.length, 2, 'an outage is told once')
  },
)

t.test('nothing moves on the network, and nobody says so', { skip }, async t => {
  const { app, issuer } = await serve(t, { REVOCATION_SYNC_SECONDS: '1' })
  const way = await relay(t, Number(new URL(issuer).port))
  const verifier = await verifierFor(t, app, { url: way.url, maxStalenessSeconds: LIMIT })
  const { token } = await logIn(app)
  t.equal(await verdict(verifier, token), 'accepted')
  way.frozen = true
  await until(async () => (await verdict(verifier, token)) === '503 service-unavailable', 15_000)
  way.frozen = false
  await until(async () => (await verdict(verifier, token)) === 'accepted', 20_000)
})

t.test('an instance that is stopped hands its readers over to another', async t => {
  const { app, env } = await serve(t)
  const session = await logIn(app)
  const { app: stopping, url } = await serveAnother(t, env)
  const way = await relay(t, Number(new URL(url).port))
  const verifier = await verifierFor(t, app, { url: way.url })
  t.equal(await verdict(verifier, session.token), 'accepted')
  way.port = Number(new URL(app.config.PUBLIC_URL).port)
  await stopping.close()
  await logOut(app, session.token)
  await until(async () => (await verdict(verifier, session.token)) === '401 token-invalid', 2000)
})

t.test('what an instance does not know, its readers do not know either', { skip }, async t => {
  const { verifier } = await impostor(t, response => void response.write(BEGIN + current(1000, 45_000)))
  await verifier.ready()
  t.ok(verifier.staleness() >= 45_000)
  t.equal(await verdict(verifier, 'x'), '503 service-unavailable')
})

t.test('an event that was long under way is as old as that', { skip }, async t => {
  let feed: ServerResponse | undefined
  const { verifier } = await impostor(t, response => {
    feed = response
    response.write(BEGIN + current(1000))
  })
  await verifier.ready()
  await until(() => verifier.staleness() > 500)
  feed?.write(current(1100))
  const before = verifier.staleness()
  await until(() => verifier.staleness() < before, 500).catch(() => {})
  t.ok(verifier.staleness() > 350, `${verifier.staleness()} ms`)
})

t.test('a snapshot that is not complete is none', { skip }, async t => {
  const { verifier } = await impostor(
    t,
    response => void response.write(`${BEGIN}event: revoked\ndata: 3f9a61c2d07be845 2\n\n`),
  )
  t.equal(await verdict(verifier, 'x'), '503 service-unavailable')
  t.equal(verifier.staleness(), Infinity)
})

t.test('whoever is refused, or not understood, asks less and less often', { skip }, async t => {
  const refusals: Record<string, (response: ServerResponse) => void> = {
    refused: response => void response.writeHead(403).end(),
    'not understood': response => void response.end(`${BEGIN}event: revoked\ndata: one two\n\n${current(1)}`),
    ended: response => void response.end(),
  }
  for (const [name, respond] of Object.entries(refusals)) {
    const { asked, verifier } = await impostor(t, respond)
    await until(() => asked.filter(path => path.includes('stream')).length >= 3)
    t.equal(verifier.staleness(), Infinity, name)
    const startedAt = performance.now()
    await until(() => performance.now() - startedAt > 600, 2000)
    t.ok(asked.filter(path => path.includes('stream')).length < 7, `${name}: ${asked.length} requests`)
  }
})

for (const [answer, reason] of [
  [status(502, {}, '<h1>\n\tBad Gateway</h1>'), /no token: 502 <h1> Bad Gateway<\/h1>/],
  [status(200, {}, '<h1>\n\tCaptive</h1>'), /is not valid JSON/],
  [status(200, {}, '{"access_token":"a\\nb"}'), /no token in the response/],
] as const)
  t.test(`a proxy in between answers for the service: ${reason}, in one line of the log`, { skip }, async t => {
    const { heard } = await impostor(t, () => t.fail('the feed is not asked without a token'), answer)
    await until(() => heard.length > 0)
    t.match(heard[0], reason)
    t.notMatch(heard[0], /[\n\t]/)
  })

t.test('that the keys cannot be had says nothing of a token', { skip }, async t => {
  const { app } = await serve(t)
  const { token } = await logIn(app)
  const { verifier } = await impostor(t, (response, path) => {
    if (path.includes('stream')) response.write(BEGIN + current(1000))
    else response.writeHead(500).end()
  })
  await verifier.ready()
  t.equal(await verdict(verifier, token), '503 service-unavailable')
})
