/** Latency with a thousand, a hundred thousand and a million users, on MySQL and Redis [--sizes 1000,100000] [--rounds 5] [--tries 80] */
import { parseArgs } from 'node:util'
import { type Kysely, sql } from 'kysely'
import { openDatabase } from '../../sql/connection/database.ts'
import type { Tables } from '../../sql/tables.ts'
import { CHEAP_ARGON2, fill } from '../harness/fill.ts'
import { compareSizes } from '../harness/growth.ts'
import { wholeNumber } from '../harness/options.ts'
import { pinThisProcess } from '../harness/processes.ts'
import { real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'
import { type Service, startService } from '../harness/service.ts'
import { teardown } from '../harness/teardown.ts'
import { type Signer, serviceSigner } from '../harness/tokens.ts'
import { operations, type Subject } from '../scenarios/operations.ts'

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
  const results = await compareSizes(subjects, operations, { rounds, tries, unit: 'users' })
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

/** The buffer pool decides how much of the data is in memory. */
async function serverOf([subject]: Subject[]) {
  if (!subject) return undefined
  const { rows } = await sql<{ version: string; buffer_pool_bytes: number }>`
    select version() as version, @@innodb_buffer_pool_size as buffer_pool_bytes`.execute(subject.db)
  return rows[0]
}
