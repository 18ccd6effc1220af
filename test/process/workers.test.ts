// WORKERS=n: several processes behind one port are one service.
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { environment, newEmail, PASSWORD, REAL } from '../support/app.ts'
import { launch, type Service, startService } from '../support/process/service.ts'
import { until } from '../support/until.ts'

interface Line {
  pid: number
  worker?: number
  msg: string
  route?: string
}

interface Caller {
  /** The process that its one connection leads to. */
  worker: string
  call(method: string, path: string, options?: { token?: string; payload?: object }): Promise<Answer>
}

interface Answer {
  status: number
  worker: string
  body: string
}

/** Request ids of one process begin alike. */
const workerOf = ({ headers }: IncomingMessage) => String(headers['x-request-id']).replace(/-[^-]*$/, '')

async function open(t: Test, { port }: Service): Promise<Caller> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const call: Caller['call'] = async (method, path, { token, payload } = {}) => {
    const headers = {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(payload && { 'content-type': 'application/json' }),
    }
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent })
    sent.end(payload && JSON.stringify(payload))
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return { status: response.statusCode ?? 0, worker: workerOf(response), body: await text(response) }
  }
  return { call, worker: (await call('GET', '/health/live')).worker }
}

/** Connections to two workers. */
async function openBoth(t: Test, service: Service): Promise<[Caller, Caller]> {
  const one = await open(t, service)
  let other = one
  await until(async () => {
    other = await open(t, service)
    return other.worker !== one.worker
  })
  return [one, other]
}

function linesOf({ child }: Service): Line[] {
  const lines: Line[] = []
  const output = child.stdout as Readable
  output.on('data', (chunk: Buffer) => {
    for (const line of String(chunk).split('\n')) if (line.startsWith('{')) lines.push(JSON.parse(line))
  })
  return lines
}

t.test('two workers', { skip: !REAL && 'an embedded database belongs to one process' }, async t => {
  // What is heard within seconds has come through Redis.
  const env = await environment(t, { WORKERS: '2', REVOCATION_SYNC_SECONDS: '20' })
  const service = await startService(t, env)
  const lines = linesOf(service)
  const [one, other] = await openBoth(t, service)
  const payload = { email: newEmail(), password: PASSWORD }
  await one.call('POST', '/users/v1/signup', { payload })
  const db = await openDatabase(env.DATABASE_URL ?? '')
  await db.updateTable('users').set({ email_verified: 1 }).where('email', '=', payload.email).execute()
  await db.destroy()
  const logIn = async (): Promise<{ token: string }> =>
    JSON.parse((await one.call('POST', '/users/v1/login', { payload })).body)

  await t.test('a logout at one is refused by the other within milliseconds', async t => {
    for (let round = 0; round < 10; round++) {
      const { token } = await logIn()
      t.equal((await other.call('GET', '/films/v1/', { token })).status, 200)
      t.equal((await one.call('POST', '/users/v1/logout', { token })).status, 200)
      await until(async () => (await other.call('GET', '/films/v1/', { token })).status === 401, 1000)
    }
  })

  await t.test('either worker returns the metrics of both', async t => {
    for (let i = 0; i < 3; i++) await one.call('GET', '/films/v1/4')
    for (let i = 0; i < 4; i++) await other.call('GET', '/films/v1/4')
    const sample = /_count\{[^}]*route="\/films\/v1\/:film_id",status="200"\} (\d+)/
    for (const caller of [one, other]) t.equal(sample.exec((await caller.call('GET', '/metrics')).body)?.[1], '7')
  })

  await t.test('log lines name the worker', async t => {
    for (const caller of [one, other]) await caller.call('POST', '/users/v1/login', { payload })
    await until(() => new Set(lines.filter(line => line.route === '/users/v1/login').map(line => line.pid)).size === 2)
    const answered = lines.filter(line => line.msg === 'request completed')
    t.same([...new Set(answered.map(line => line.worker))].sort(), [1, 2])
  })

  await t.test('a killed worker is replaced, and the other continues', async t => {
    const victim = lines.find(line => line.worker === 1)
    t.ok(victim)
    process.kill(victim?.pid ?? 0, 'SIGKILL')
    await until(() => lines.some(line => line.msg === 'worker exited, restarting'))
    await until(async () => {
      const answer = await (await open(t, service)).call('GET', '/health/ready')
      return answer.status === 200 && ![one.worker, other.worker].includes(answer.worker)
    })
  })

  await t.test('SIGTERM to the primary stops them all', async t => {
    const pids = [...new Set(lines.map(line => line.pid))]
    t.same(await service.end('SIGTERM'), { code: 0, signal: null })
    for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  })
})

t.test('a worker that cannot start ends the start', { skip: !REAL && 'one process' }, async t => {
  const env = await environment(t, { WORKERS: '2' })
  const taken = await startService(t, env)
  const child = launch(t, { ...env, PORT: String(taken.port) }, ['ignore', 'ignore', 'pipe'])
  const complaint = text(child.stderr as Readable)
  t.same((await once(child, 'exit'))[0], 1)
  t.match(await complaint, /^PORT: \d+ is in use on 127\.0\.0\.1\. [^\n]+\n$/)
})
