/** Latency with a thousand, a hundred thousand and a million users, on MySQL and Redis [--sizes 1000,100000] [--rounds 5] [--tries 80] */
import { parseArgs } from 'node:util'
import { type Kysely, sql } from 'kysely'
import { openDatabase } from '../../sql/connection/database.ts'
import type { Tables } from '../../sql/tables.ts'
import { CHEAP_ARGON2, fill } from '../harness/fill.ts'
import { describeGoal } from '../harness/goals.ts'
import { wholeNumber } from '../harness/options.ts'
import { pinThisProcess } from '../harness/processes.ts'
import { real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'
import { type Service, startService } from '../harness/service.ts'
import { percentile } from '../harness/statistics.ts'
import { teardown } from '../harness/teardown.ts'
import { type Signer, serviceSigner } from '../harness/tokens.ts'
import { type Operation, operations, type Subject } from '../scenarios/operations.ts'

const GOAL = { atMost: 1.1 }

/** By number of users: the times (ms) of each round. */
type Rounds = Record<number, number[][]>

/** A service for each size, all running at the same time and asked in turn, one request at a time, so that noise affects all alike. */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sizes: { type: 'string', default: '1000,100000,1000000' },
      rounds: { type: 'string', default: '5' },
      tries: { type: 'string', default: '80' },
      publish: { type: 'boolean', default: false },
    },
  })
  const rounds = wholeNumber('--rounds', values.rounds, 50)
  const tries = wholeNumber('--tries', values.tries, 10_000)
  pinThisProcess()
  const subjects: Subject[] = []
  for (const size of values.sizes.split(',').map(Number)) subjects.push(await prepare(size))
  const results = []
  for (const [name, operation] of Object.entries(operations)) {
    const measured = await measure(subjects, operation, rounds, tries)
    const result = { operation: name, ...summarize(measured) }
    print(result, measured)
    results.push({ ...result, rounds: measured })
  }
  const outcome = { settings: { rounds, tries }, server: await serverOf(subjects), results }
  const published = results.map(({ rounds: _, ...medians }) => medians)
  writeResults('growth', outcome, values.publish ? { ...outcome, results: published } : undefined)
}

async function prepare(size: number): Promise<Subject> {
  const profile = await real(`_${size}`)
  Object.assign(profile.env, {
    PUBLIC_URL: 'http://holocron.test',
    ARGON2_MEMORY_KIB: String(CHEAP_ARGON2.memoryCost),
    ARGON2_ITERATIONS: String(CHEAP_ARGON2.timeCost),
  })
  const service: Service = await startService({ profile })
  const db: Kysely<Tables> = await openDatabase(profile.env.DATABASE_URL ?? '')
  teardown(() => db.destroy())
  await fill(db, size)
  await sql`analyze table users, sessions, audit_events, outbox`.execute(db)
  const signer: Signer = await serviceSigner(profile.env)
  return { size, service, db, signer, nextVerified: oddIndices(size), nextUnverified: evenIndices(size) }
}

/** Odd numbers below `size`, spread over it; none twice until all have been returned. */
function oddIndices(size: number): () => number {
  const step = 618_033 // coprime with every power of ten
  let count = 0
  return () => ((count++ * step) % (size / 2)) * 2 + 1
}

function evenIndices(size: number): () => number {
  const next = oddIndices(size)
  return () => next() - 1
}

async function measure(subjects: Subject[], operation: Operation, rounds: number, tries: number): Promise<Rounds> {
  const bySize: Rounds = Object.fromEntries(subjects.map(({ size }) => [size, []]))
  const repetitions = operation.once ? 1 : tries
  for (let i = 0; i < repetitions / 4; i++) for (const subject of subjects) await operation.time(subject)
  for (let round = 0; round < rounds; round++) {
    const times = new Map(subjects.map(subject => [subject, [] as number[]]))
    for (let i = 0; i < repetitions; i++) {
      const order = i % 2 === 0 ? subjects : subjects.toReversed()
      for (const subject of order) times.get(subject)?.push(await operation.time(subject))
    }
    for (const [{ size }, own] of times) bySize[size]?.push(own)
  }
  return bySize
}

function summarize(rounds: Rounds) {
  const at = (part: number) =>
    Object.fromEntries(Object.entries(rounds).map(([size, each]) => [size, percentile(each.flat(), part)]))
  const p50 = at(0.5)
  const values = Object.values(p50)
  return { p50, p99: at(0.99), ratio: (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN) }
}

function print({ operation, p50, p99, ratio }: ReturnType<typeof summarize> & { operation: string }, rounds: Rounds) {
  console.log(`\n${operation}, ms`)
  for (const [size, each] of Object.entries(rounds)) {
    const own = each.map(round => percentile(round, 0.5).toFixed(2)).join(', ')
    const users = Number(size).toLocaleString('en').padStart(9)
    console.log(
      `  ${users} users: p50 ${p50[size]?.toFixed(2)}, p99 ${p99[size]?.toFixed(2)} (p50 of the rounds: ${own})`,
    )
  }
  console.log(`  largest ÷ smallest: ${ratio.toFixed(2)}; ${describeGoal(GOAL, ratio)}`)
}

/** The buffer pool decides how much of the data is in memory. */
async function serverOf([subject]: Subject[]) {
  if (!subject) return undefined
  const { rows } = await sql<{ version: string; buffer_pool_bytes: number }>`
    select version() as version, @@innodb_buffer_pool_size as buffer_pool_bytes`.execute(subject.db)
  return rows[0]
}
