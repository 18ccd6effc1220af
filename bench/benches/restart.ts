/** From starting the process until it is ready, and its memory, right after millions of sessions were revoked, on MySQL and Redis [--entries 5000000] [--rounds 3] */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { sql } from 'kysely'
import { openDatabase } from '../../sql/connection/database.ts'
import { peakResidentMib } from '../harness/cpu.ts'
import { describeGoal } from '../harness/goals.ts'
import { wholeNumber } from '../harness/options.ts'
import { cores } from '../harness/processes.ts'
import { type Profile, real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'
import { type Service, startService } from '../harness/service.ts'
import { teardown } from '../harness/teardown.ts'

const GOALS = { ready: { atMost: 10_000 }, memory: { atMost: 600 } }
/** So that what was revoked when the benchmark began still matters when it ends. */
const ACCESS_TOKEN_TTL_SECONDS = '86400'

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { entries: { type: 'string', default: '5000000' }, rounds: { type: 'string', default: '3' } },
  })
  const entries = wholeNumber('--entries', values.entries, 20_000_000)
  const profile = await real()
  profile.env.ACCESS_TOKEN_TTL_SECONDS = ACCESS_TOKEN_TTL_SECONDS
  await (await startService({ profile })).stop()
  await revokeSessions(profile, entries)
  const rounds = []
  for (let round = 0; round < wholeNumber('--rounds', values.rounds, 50); round++) {
    const service = await startService({ profile, core: cores.any })
    const readyMs = service.startMs + (await untilReady(service))
    const memoryMib = peakResidentMib(service.pid)
    await service.stop()
    rounds.push({ readyMs, memoryMib })
    console.log(
      `${entries.toLocaleString('en')} revoked sessions: ready after ${readyMs.toFixed(0)} ms; ${describeGoal(GOALS.ready, readyMs)}; ${memoryMib.toFixed(0)} MiB at most; ${describeGoal(GOALS.memory, memoryMib)}`,
    )
  }
  writeResults('restart', { settings: { entries }, rounds })
}

/** All by one statement, so all at the same time: the worst case for reading them page by page. */
async function revokeSessions({ env }: Profile, entries: number): Promise<void> {
  const db = await openDatabase(env.DATABASE_URL ?? '')
  teardown(() => db.destroy())
  const now = Date.now()
  const columns = sql`(id, user_id, generation, created_at, rotated_at, expires_at, revoked_at, changed_at, user_agent, ip)`
  await sql`insert into sessions ${columns} values (${idOf(0)}, 1, 1, ${now}, ${now}, ${now + 1e9}, ${now}, ${now}, 'bench', null)`.execute(
    db,
  )
  for (let count = 1; count < entries; count *= 2)
    await sql`insert into sessions ${columns}
      select ${idOf(sql`user_id + ${count}`)}, user_id + ${count}, generation, created_at, rotated_at, expires_at, revoked_at, changed_at, user_agent, ip
      from sessions where user_id <= ${entries - count}`.execute(db)
}

const idOf = (number: unknown) => sql`concat('01900000-0000-7000-8000-', lpad(hex(${number}), 12, '0'))`

/** @returns how long it took (ms) */
async function untilReady({ url }: Service): Promise<number> {
  const startedAt = performance.now()
  while (!(await fetch(`${url}/health/ready`)).ok) await sleep(20)
  return performance.now() - startedAt
}
