/**
 * No request pattern fills the memory or stops others: with a heap of 256 MiB the service lives through pipelined, half-sent, oversized and unread
 * requests to every route and file, and holds no more than 64 MiB for 100 connections. How long others are stopped is judged by the CPU time of one turn
 * of its event loop: a busy machine delays responses, but makes no turn longer.
 */
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { environment } from '../support/app.ts'
import type { OpenApi } from '../support/document.ts'
import { request, startService } from '../support/process/service.ts'
import { until } from '../support/until.ts'

const HELD_MAX_MIB = 64
const TURN_MAX_MS = 200
const CONNECTIONS = 100

const report = join(tmpdir(), `holocron-back-pressure-${process.pid}.json`)
t.teardown(() => rmSync(report, { force: true }))
const probe = join(import.meta.dirname, '../support/process/probe.js')
const start = async () =>
  startService(t, {
    ...(await environment(t, { RATE_LIMIT_MAX: '1000000' })),
    NODE_OPTIONS: `--max-old-space-size=256 --import=${probe}`,
    PROBE_REPORT: report,
  })
const service = await start()
const document: OpenApi = (await request(service, 'GET', '/openapi.json')).body
const files = ['swagger-ui-bundle.js', 'swagger-ui.css', 'index.css', 'favicon-32x32.png']
const pages = ['/ui', '/ui/json', '/ui/yaml', '/nothing', ...files.map(file => `/ui/static/${file}`)]
const targets: [method: string, path: string][] = [
  ...pages.map((path): [string, string] => ['GET', path]),
  ...Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method): [string, string] => [method.toUpperCase(), path.replace(/\{\w+\}/g, '1')]),
  ),
]

const JSON_OF = (length: number) => `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`

/** What one connection sends, after the first two lines of its request. */
const patterns: Record<string, (head: string) => string> = {
  'as many requests as may wait': head => `${head}\r\n`.repeat(33),
  'far too many requests': head => `${head}\r\n`.repeat(1490),
  'bodies one after the other': head => `${head}${JSON_OF(60_000)}${' '.repeat(60_000)}`.repeat(10),
  'half a head': head => `${head}X: ${'x'.repeat(15_000)}`,
  'half a body': head => `${head}${JSON_OF(65_000)}${' '.repeat(60_000)}`,
  'too large a body': head => `${head}${JSON_OF(4_000_000)}${' '.repeat(4_000_000)}`,
}

interface Report {
  /** Heap and buffers after a collection (bytes). */
  held: number
  /** The most CPU time of one turn of the event loop since the last report (ms). */
  turn: number
}

async function measure({ child } = service): Promise<Report> {
  rmSync(report, { force: true })
  child.kill('SIGCONT')
  let measured: Report | undefined
  await until(async () => {
    try {
      measured = JSON.parse(readFileSync(report, 'utf8'))
    } catch {}
    return measured !== undefined
  })
  return measured as Report
}

/** Opens a connection that sends and reads nothing. */
async function attack(text: string): Promise<Socket> {
  const socket = connect(service.port, '127.0.0.1').on('error', () => {})
  await Promise.race([once(socket, 'connect'), pause(1000)]).catch(() => {})
  socket.pause().write(text)
  return socket
}

/** Measures while so many connections wait; each sends its text. */
async function strike(texts: string[]): Promise<Report> {
  const sockets = await Promise.all(texts.map(attack))
  const live = await request(service, 'GET', '/health/live')
  if (live.status !== 200) throw new Error(`not alive: ${live.status}`)
  const after = await measure()
  for (const socket of sockets) socket.destroy()
  return after
}

await measure()

t.test('what is made at the first request (documents, validators) stops nobody', async t => {
  const turnOf = async (fresh: typeof service) => {
    for (const [method, path] of targets) await request(fresh, method, path)
    return (await measure(fresh)).turn
  }
  let turn = await turnOf(service)
  // On a busy machine the same work costs more CPU time now and then.
  for (let more = 0; more < 2 && turn >= TURN_MAX_MS; more++) {
    const fresh = await start()
    await measure(fresh)
    turn = await turnOf(fresh)
  }
  t.ok(turn < TURN_MAX_MS, `${Math.round(turn)} ms`)
})

for (const [name, text] of Object.entries(patterns)) {
  t.test(`${name}, on each route and by ${CONNECTIONS} connections at once`, async t => {
    const before = await measure()
    for (let first = 0; first < targets.length; first += CONNECTIONS / 4) {
      const batch = targets.slice(first, first + CONNECTIONS / 4)
      const texts = batch.map(([method, path]) => text(`${method} ${path} HTTP/1.1\r\nHost: a\r\n`))
      const held: number[] = []
      const turns: number[] = []
      // On a busy machine the same work costs more CPU time now and then, and buffers are returned later.
      while (held.length < 3 && !(Math.min(...turns) < TURN_MAX_MS && Math.min(...held) < HELD_MAX_MIB)) {
        const after = await strike([...texts, ...texts, ...texts, ...texts])
        held.push((after.held - before.held) / 2 ** 20)
        turns.push(after.turn)
      }
      t.ok(Math.min(...held) < HELD_MAX_MIB, `holds ${held.map(Math.round)} MiB`)
      t.ok(Math.min(...turns) < TURN_MAX_MS, `stops others for ${turns.map(Math.round)} ms`)
    }
  })
}

t.test('the service has lived through it', async t => {
  t.equal((await request(service, 'GET', '/health/ready')).status, 200)
  t.equal(service.child.exitCode, null)
})
