import { once } from 'node:events'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { type Environment, environment, newEmail, PASSWORD } from '../support/app.ts'
import { type Answer, launch, request, type Service, startService } from '../support/process/service.ts'
import { until } from '../support/until.ts'

/** Passwords that take about a tenth of a second each, one at a time. */
const SLOW = { ARGON2_MEMORY_KIB: '65536', ARGON2_ITERATIONS: '3', ARGON2_THREADS: '1' }

const logIn = (service: Service, payload: { email: string; password: string }) =>
  request(service, 'POST', '/users/v1/login', { payload })

async function userOf(service: Service, env: Environment) {
  const payload = { email: newEmail(), password: PASSWORD }
  await request(service, 'POST', '/users/v1/signup', { payload })
  const db = await openDatabase(env.DATABASE_URL ?? '')
  await db.updateTable('users').set({ email_verified: 1 }).where('email', '=', payload.email).execute()
  await db.destroy()
  return payload
}

/** The answer, or the name of the error. */
const settled = (answer: Promise<Answer>) =>
  answer.then(
    ({ status, code }) => [status, code].filter(Boolean).join(' '),
    (error: Error & { cause?: { code?: string } }) => error.cause?.code ?? error.message,
  )

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} under load: not ready at once, no request in flight fails, and the end comes in time`, async t => {
    const env = await environment(t, { ...SLOW, SHUTDOWN_DELAY_SECONDS: '1' })
    const service = await startService(t, env)
    const user = await userOf(service, env)
    // Ten are asked for now, and take longer than the delay; one each while it stops.
    const early = Array.from({ length: 10 }, () => settled(logIn(service, user)))
    await until(async () =>
      /password_queue\{state="waiting"\} [5-9]/.test((await request(service, 'GET', '/metrics')).body),
    )

    const startedAt = performance.now()
    const ended = service.end(signal)
    const notReady = await until(async () => (await request(service, 'GET', '/health/ready')).status === 503)
    t.ok(notReady < 900, `not ready after ${notReady} ms`)
    t.equal(
      (await request(service, 'GET', '/health/live')).status,
      200,
      'the delay is for the balancer to notice: requests are served',
    )
    const late = settled(logIn(service, user))

    t.same(await Promise.all(early), Array(10).fill('200'))
    t.equal(await late, '200')
    t.same(await ended, { code: 0, signal: null })
    const took = performance.now() - startedAt
    t.ok(took > 1000 && took < 10_000, `stopped after ${Math.round(took)} ms`)
    t.comment(`${signal}: not ready after ${notReady} ms, stopped after ${Math.round(took)} ms`)
    t.equal(await settled(request(service, 'GET', '/health/live')), 'ECONNREFUSED')
  })
}

t.test('while requests in flight finish, new connections are refused', async t => {
  const env = await environment(t, SLOW)
  const service = await startService(t, env)
  const user = await userOf(service, env)
  const logins = Array.from({ length: 8 }, () => settled(logIn(service, user)))
  await until(async () => /password_queue\{state="waiting"\} 7/.test((await request(service, 'GET', '/metrics')).body))
  const ended = service.end('SIGTERM')
  await until(() => refusesConnections(service))
  t.equal(service.child.exitCode, null, 'it still works')
  t.same(await Promise.all(logins), Array(8).fill('200'))
  t.same(await ended, { code: 0, signal: null })
})

for (const seconds of ['0', '1'])
  t.test(`a deployment resets no client that keeps its connection, with a delay of ${seconds} s`, async t => {
    const env = await environment(t, { SHUTDOWN_DELAY_SECONDS: seconds, RATE_LIMIT_MAX: '1000000' })
    for (let round = 0; round < 3; round++) {
      const service = await startService(t, env)
      // Half of them think for a while between requests.
      const clients = Array.from({ length: 12 }, (_, i) => new KeepAliveClient(service, i % 2 ? 100 : 0))
      const failures = clients.map(client => client.run())
      await until(async () => clients.every(({ last }) => last !== undefined))
      t.same(await service.end('SIGTERM'), { code: 0, signal: null })
      t.same(
        new Set(await Promise.all(failures)),
        new Set(['ECONNREFUSED']),
        'no request failed but by connecting anew',
      )
      t.ok(
        clients.every(({ last }) => last === 'close'),
        'the last response on each connection said so',
      )
    }
  })

t.test('with a delay, each connection ends with its next response, so that clients go elsewhere', async t => {
  const service = await startService(t, await environment(t, { SHUTDOWN_DELAY_SECONDS: '2' }))
  const client = new KeepAliveClient(service)
  await client.send()
  t.equal(client.last, 'keep-alive')
  const ended = service.end('SIGTERM')
  await until(async () => (await request(service, 'GET', '/health/ready')).status === 503)
  await client.send()
  t.equal(client.last, 'close')
  t.same(await ended, { code: 0, signal: null })
})

t.test('idle connections, and one that has sent half a request, do not hold up the end', async t => {
  const service = await startService(t, await environment(t))
  const idle = connect(service.port, '127.0.0.1')
  const half = connect(service.port, '127.0.0.1')
  for (const socket of [idle, half]) socket.on('error', () => {})
  half.write('POST /users/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{')
  await request(service, 'GET', '/health/live')
  const startedAt = performance.now()
  t.same(await service.end('SIGTERM'), { code: 0, signal: null })
  const took = Math.round(performance.now() - startedAt)
  t.comment(`with an idle and a half-way connection: stopped after ${took} ms`)
  t.ok(took < 10_000)
})

t.test('without load it ends at once', async t => {
  const service = await startService(t, await environment(t))
  const startedAt = performance.now()
  t.same(await service.end('SIGTERM'), { code: 0, signal: null })
  const took = Math.round(performance.now() - startedAt)
  t.comment(`idle: stopped after ${took} ms`)
  t.ok(took < 2000)
})

/** On a machine that is not busy with other tests. */
const USUAL_START_MS = 1500

t.test('SIGKILL under load: serving again within 5 s', async t => {
  const env = await environment(t)
  const service = await startService(t, env)
  const user = await userOf(service, env)
  const logins = Array.from({ length: 20 }, () => settled(logIn(service, user)))
  const startedAt = performance.now()
  await service.end('SIGKILL')
  await Promise.all(logins)
  const again = await startService(t, env)
  t.equal((await logIn(again, user)).status, 200)
  const took = Math.round(performance.now() - startedAt)
  t.comment(`serving again after ${took} ms; the first start took ${Math.round(service.startedIn)} ms`)
  t.ok(took < 5000 * Math.max(1, service.startedIn / USUAL_START_MS))
})

t.test('a port that is taken ends the start with one line that names it', async t => {
  const env = await environment(t)
  const first = await startService(t, env)
  const said = await sayingOf(t, { ...env, PORT: String(first.port) })
  t.equal(said, `PORT: ${first.port} is in use on 127.0.0.1. Stop the other process or set PORT.\n`)
})

/** Sends one request after the other on one connection. */
class KeepAliveClient {
  readonly #service: Service
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #pauseMs: number
  /** The header `Connection` of the last response. */
  last: string | undefined

  constructor(service: Service, pauseMs = 0) {
    this.#service = service
    this.#pauseMs = pauseMs
  }

  async send(): Promise<void> {
    const { port } = this.#service
    const sent = httpRequest({ port, host: '127.0.0.1', path: '/films/v1/4', agent: this.#agent }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    await text(response)
    this.last = response.headers.connection
  }

  /** @returns the code of the first error */
  async run(): Promise<string | undefined> {
    try {
      while (true) {
        await this.send()
        if (this.#pauseMs > 0) await pause(Math.random() * this.#pauseMs)
      }
    } catch (error) {
      return (error as NodeJS.ErrnoException).code
    }
  }
}

function refusesConnections({ port }: Service): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => {
      socket.destroy()
      resolve(false)
    })
    socket.on('error', () => resolve(true))
  })
}

async function sayingOf(t: Test, env: Environment): Promise<string> {
  const child = launch(t, env, ['ignore', 'ignore', 'pipe'])
  let said = ''
  for await (const chunk of child.stderr ?? []) said += chunk
  t.equal(child.exitCode ?? 1, 1)
  return said
}
