// A large file of contacts fills neither the memory nor the event loop, and a process that is killed in between has nothing in twice.
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { type Environment, environment, newEmail, PASSWORD, REAL } from '../support/app.ts'
import { manyCards } from '../support/cards.ts'
import { request, type Service, startService } from '../support/process/service.ts'
import { until } from '../support/until.ts'

const CARDS = 10_000
const PICTURE_BYTES = 2500
const GROWTH_MAX_MIB = 100
const TURN_MAX_MS = 200

const report = join(tmpdir(), `holocron-contacts-${process.pid}.json`)
t.teardown(() => rmSync(report, { force: true }))

/** A service with a user, and the database behind it. */
async function setUp(t: Test, more: Environment = {}) {
  const env = await environment(t, { CONTACTS_RATE_LIMIT_MAX: '1000', REQUEST_TIMEOUT_SECONDS: '60', ...more })
  const service = await startService(t, env)
  const db = await openDatabase(env.DATABASE_URL ?? '')
  t.teardown(() => db.destroy())
  const user = { email: newEmail(), password: PASSWORD }
  await request(service, 'POST', '/users/v1/signup', { payload: user })
  await db.updateTable('users').set({ email_verified: 1 }).where('email', '=', user.email).execute()
  const { body } = await request(service, 'POST', '/users/v1/login', { payload: user })
  const count = async () => {
    const { n } = await db
      .selectFrom('contacts')
      .select(({ fn }) => fn.countAll().as('n'))
      .executeTakeFirstOrThrow()
    return Number(n)
  }
  return { env, service, token: String(body.token), count }
}

async function upload({ url }: Pick<Service, 'url'>, token: string, file: Buffer<ArrayBuffer>) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/vcard' }
  const response = await fetch(`${url}/contacts/v1/import`, { method: 'POST', headers, body: file })
  return { status: response.status, body: await response.json() }
}

/** MiB. @param name `VmRSS` is what the process has in memory, `VmHWM` the most that it had */
function memoryOf({ child }: Service, name: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024
}

/** The most CPU time of one turn of the event loop since the last report (ms). */
async function longestTurn({ child }: Service): Promise<number> {
  rmSync(report, { force: true })
  child.kill('SIGCONT')
  let turn: number | undefined
  await until(async () => {
    try {
      turn = JSON.parse(readFileSync(report, 'utf8')).turn
    } catch {}
    return turn !== undefined
  })
  return turn ?? Number.NaN
}

const skip = process.platform !== 'linux' ? 'needs /proc' : REAL && 'no database changes it'

t.test(`others wait for an import no longer than ${TURN_MAX_MS} ms`, { skip }, async t => {
  const probe = join(import.meta.dirname, '../support/process/probe.js')
  const { service, token, count } = await setUp(t, { NODE_OPTIONS: `--import=${probe}`, PROBE_REPORT: report })
  // The first import loads what it needs.
  await upload(service, token, manyCards(200))
  await longestTurn(service)

  await t.test(`${CARDS} cards with pictures are in, within ${GROWTH_MAX_MIB} MiB`, async t => {
    const before = memoryOf(service, 'VmRSS')
    const outcome = await upload(service, token, manyCards(CARDS, PICTURE_BYTES))
    const turn = await longestTurn(service)
    t.same(outcome, {
      status: 200,
      body: { created: CARDS - 200, updated: 0, unchanged: 200, failed: 0, problems: [] },
    })
    t.equal(await count(), CARDS)
    const growth = memoryOf(service, 'VmHWM') - before
    t.comment(`grew by ${Math.round(growth)} MiB, longest turn ${Math.round(turn)} ms`)
    t.ok(growth < GROWTH_MAX_MIB, `grew by ${Math.round(growth)} MiB`)
    t.ok(turn < TURN_MAX_MS, `${Math.round(turn)} ms`)
  })

  await t.test('threat: a line that is folded without an end', async t => {
    const file = Buffer.from(`${'a'.repeat(16_000)}\n${' \n'.repeat(50_000)}`)
    t.equal((await upload(service, token, file)).status, 400)
    const turn = await longestTurn(service)
    t.ok(turn < TURN_MAX_MS, `${Math.round(turn)} ms`)
  })
})

t.test('kill -9 during an import leaves whole contacts, and the file sent again adds the others', async t => {
  const { env, service, token, count } = await setUp(t)
  const file = manyCards(3000)
  const cut = upload(service, token, file).catch(() => undefined)
  await until(async () => (await count()) > 0)
  await service.end('SIGKILL')
  await cut
  const left = await count()
  const again = await startService(t, env)
  t.same(await upload(again, token, file), {
    status: 200,
    body: { created: 3000 - left, updated: 0, unchanged: left, failed: 0, problems: [] },
  })
  t.equal(await count(), 3000)
  t.comment(`${left} were in`)
})
