/**
 * Fifty people upload pictures of several megabytes at once, and others notice nothing: the memory of the service, with the process that decodes, stays within
 * 200 MiB over idle, and no turn of the event loop takes 50 ms. A busy machine delays responses, but makes no turn longer.
 */
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import t from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { environment, newEmail, PASSWORD, REAL } from '../support/app.ts'
import { childrenOf } from '../support/process/children.ts'
import { request, startService } from '../support/process/service.ts'
import { until } from '../support/until.ts'

const UPLOADS = 50
const GROWTH_MAX_MIB = 200
const TURN_MAX_MS = 50

const skip =
  (REAL && 'no database has a part in it') || (process.platform !== 'linux' && 'reads what Linux says of processes')

t.test(`${UPLOADS} uploads at once`, { skip }, async t => {
  const report = join(tmpdir(), `holocron-uploads-${process.pid}.json`)
  t.teardown(() => rmSync(report, { force: true }))
  const env = await environment(t, { AVATAR_RATE_LIMIT_MAX: '1000', REQUEST_TIMEOUT_SECONDS: '120' })
  const service = await startService(t, {
    ...env,
    NODE_OPTIONS: `--import=${join(import.meta.dirname, '../support/process/probe.js')}`,
    PROBE_REPORT: report,
  })
  const { pid = 0 } = service.child

  /** Milliseconds of CPU of the longest turn since it was last asked for. */
  async function longestTurn(): Promise<number> {
    rmSync(report, { force: true })
    service.child.kill('SIGCONT')
    let turn: number | undefined
    await until(() => {
      try {
        turn = JSON.parse(readFileSync(report, 'utf8')).turn
      } catch {}
      return turn !== undefined
    })
    return turn ?? 0
  }

  const email = newEmail()
  const payload = { email, password: PASSWORD }
  await request(service, 'POST', '/users/v1/signup', { payload })
  const db = await openDatabase(env.DATABASE_URL ?? '')
  await db.updateTable('users').set({ email_verified: 1 }).execute()
  await db.destroy()
  const { token, user_id } = (await request(service, 'POST', '/users/v1/login', { payload })).body
  const photo = await sharp({
    create: {
      width: 3000,
      height: 4000,
      channels: 3,
      background: 'gray',
      noise: { type: 'gaussian', mean: 128, sigma: 30 },
    },
  })
    .jpeg({ quality: 75 })
    .toBuffer()
  t.ok(photo.length > 3_000_000 && photo.length < 5_242_880, `${photo.length} bytes of 12 megapixels`)
  const upload = async () => {
    const response = await fetch(`${service.url}/users/v1/${user_id}/avatar`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'image/jpeg' },
      body: new Uint8Array(photo),
    })
    await response.arrayBuffer()
    return response.status
  }

  await longestTurn()
  const idle = memoryOf(pid)
  t.same(childrenOf(pid), [], 'no process decodes pictures before the first one')
  // What is made for the first request of a route is not measured here.
  await upload()
  await longestTurn()
  let peak = 0
  const timer = setInterval(() => {
    peak = Math.max(peak, memoryOf(pid))
  }, 10)
  const startedAt = performance.now()
  const statuses = await Promise.all(Array.from({ length: UPLOADS }, upload))
  clearInterval(timer)
  const turn = await longestTurn()
  const grown = (peak - idle) / 2 ** 20
  t.comment(
    `${Math.round(performance.now() - startedAt)} ms, ${Math.round(grown)} MiB over idle, turns of up to ${Math.round(turn)} ms`,
  )
  t.same(new Set(statuses), new Set([200]))
  t.ok(grown < GROWTH_MAX_MIB, `${Math.round(grown)} MiB over idle`)
  t.ok(turn < TURN_MAX_MS, `${Math.round(turn)} ms`)

  const [decoder = 0] = childrenOf(pid)
  await service.end('SIGKILL')
  await until(() => !isAlive(decoder))
})

/** Resident memory with that of its child processes (bytes). */
function memoryOf(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + residentOf(each), 0)
}

function residentOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
