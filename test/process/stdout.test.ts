import { existsSync, openSync } from 'node:fs'
import t from 'tap'
import { environment } from '../support/app.ts'
import { freePort } from '../support/free-port.ts'
import { launch, request, type Service, serviceOf, startService } from '../support/process/service.ts'
import { until } from '../support/until.ts'

const lost = async (service: Service): Promise<number> =>
  Number(/^holocron_log_lines_lost_total (\d+)$/m.exec((await request(service, 'GET', '/metrics')).body)?.[1])

/** A start may take long on a busy machine. */
const START_MAX_MS = 60_000

/** Each is a line in the log, when it logs everything. */
async function load(service: Service, requests = 200): Promise<void> {
  const answers = await Promise.all(Array.from({ length: requests }, () => request(service, 'GET', '/films/v1/4')))
  for (const { status } of answers) if (status !== 200) throw new Error(`answered ${status}`)
}

t.test(
  'standard output that nobody reads: the service goes on, counts the lines that are lost, and still ends',
  async t => {
    const service = await startService(t, { ...(await environment(t)), LOG_LEVEL: 'trace' }, 'blocked')
    let requests = 0
    while ((await lost(service)) === 0 && requests < 60_000) {
      await load(service)
      requests += 200
    }
    t.comment(`the first lines were lost after about ${requests} requests`)
    const before = await lost(service)
    t.ok(before > 0)
    const startedAt = performance.now()
    await load(service)
    t.ok(performance.now() - startedAt < 5000, 'requests are served as before')
    t.ok((await lost(service)) >= before + 200, 'and each line is counted')

    const end = service.end('SIGTERM')
    t.same(await end, { code: 0, signal: null })
  },
)

t.test('standard output that is read again accepts lines again', async t => {
  const service = await startService(t, { ...(await environment(t)), LOG_LEVEL: 'trace' }, 'blocked')
  for (let requests = 0; (await lost(service)) === 0 && requests < 60_000; requests += 200) await load(service)
  let heard = ''
  service.child.stdout?.on('data', chunk => {
    heard = (heard + chunk).slice(-100_000)
  })
  await until(async () => {
    await request(service, 'GET', '/films/v1/7')
    const { headers } = await request(service, 'GET', '/health/live')
    return heard.includes(`${headers.get('x-request-id')?.split('-')[0]}`)
  })
  await until(async () => {
    const before = await lost(service)
    await load(service, 20)
    return (await lost(service)) === before
  })
  t.pass('nothing is lost any more')
})

t.test(
  'standard output on a full disk: the service goes on, and counts',
  { skip: !existsSync('/dev/full') },
  async t => {
    const port = await freePort()
    const env = await environment(t)
    const full = openSync('/dev/full', 'w')
    const child = launch(t, { ...env, LOG_LEVEL: 'trace', PORT: String(port) }, ['ignore', full, 'inherit'])
    const service = serviceOf(child, port, 0)
    await until(
      () =>
        request(service, 'GET', '/health/live').then(
          ({ status }) => status === 200,
          () => false,
        ),
      START_MAX_MS,
    )
    await load(service)
    await until(async () => (await lost(service)) > 0)
    await load(service)
    t.equal((await request(service, 'GET', '/health/ready')).status, 200)
    t.equal(child.exitCode, null)
    t.same(await service.end('SIGTERM'), { code: 0, signal: null })
  },
)

t.test('standard output without a reader: the service continues, and counts', async t => {
  const service = await startService(t, { ...(await environment(t)), LOG_LEVEL: 'trace' }, 'blocked')
  service.child.stdout?.destroy()
  await load(service)
  await until(async () => (await lost(service)) > 0)
  await load(service)
  t.equal((await request(service, 'GET', '/health/ready')).status, 200)
  t.same(await service.end('SIGTERM'), { code: 0, signal: null })
})

t.test('standard output that is no terminal has JSON lines and nothing else, the welcome included', async t => {
  const child = launch(t, { ...(await environment(t)), NODE_ENV: 'development', LOG_LEVEL: 'info', PORT: '0' }, [
    'ignore',
    'pipe',
    'inherit',
  ])
  let output = ''
  child.stdout?.on('data', chunk => {
    output += chunk
  })
  await until(() => output.includes('development service started'), START_MAX_MS)
  const lines = output
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(lines.at(-1), { swagger_ui: /\/ui$/, mailbox: /\/dev\/mailbox$/ })
})
