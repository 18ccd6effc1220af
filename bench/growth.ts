/**
 * `npm run bench:growth`: does a request cost with a million users what it costs with a thousand? A service for each size, all of them at the same time, asked
 * in turn, one request at a time, so that whatever the machine does meets all of them alike.
 */
import { randomUUIDv7 } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type Kysely, sql } from 'kysely'
import { openDatabase } from '../sql/connection/database.ts'
import type { Tables } from '../sql/tables.ts'
import { type Answer, call } from './client.ts'
import { CHEAP, emailOf, fill, isUnverified, PASSWORD, sessionId, userId } from './loader.ts'
import { percentile } from './measure.ts'
import { atEnd, pinThisProcess, toTheEnd } from './processes.ts'
import { real } from './real-profile.ts'
import { verdict, writeResults } from './report.ts'
import { type Service, startService } from './service.ts'
import { type Keys, keysOf } from './tokens.ts'

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,100000,1000000' },
    rounds: { type: 'string', default: '5' },
    tries: { type: 'string', default: '80' },
    publish: { type: 'boolean', default: false },
  },
})
const ROUNDS = Number(options.rounds)
const TRIES = Number(options.tries)
/** Mails that wait at once, in each round. */
const MAILS = 90
const REACH = 1.1

interface Town {
  size: number
  service: Service
  db: Kysely<Tables>
  keys: Keys
  /** Users no request has been about: each is taken once. */
  next: { verified(): number; unverified(): number }
}

/** What is timed (ms): of one request, or the worker's time for one mail. */
const operations: Record<string, (town: Town) => Promise<number[]>> = {
  login: times(({ service, next }) =>
    call(service, 'POST', '/users/v1/login', { payload: { email: emailOf(next.verified()), password: PASSWORD } }),
  ),
  me: times(({ service, keys, next }) =>
    call(service, 'GET', '/users/v1/me', { token: tokenOf(keys, next.verified()) }),
  ),
  'session list': times(({ service, keys, next }) =>
    call(service, 'GET', '/users/v1/sessions', { token: tokenOf(keys, next.verified()) }),
  ),
  // After those that show tokens of the first generation, which dies by it.
  rotation: times(({ service, keys, next }) => {
    const index = next.verified()
    const token = keys.refresh({ sid: sessionId(index), user_id: userId(index), gen: 1 })
    return call(service, 'POST', '/users/v1/generate_tokens', { token, payload: {} })
  }),
  'outbox worker, a mail': deliverMails,
}

await toTheEnd(async () => {
  pinThisProcess()
  const towns: Town[] = []
  for (const size of options.sizes.split(',').map(Number)) towns.push(await build(size))
  const rounds = await measure(towns)
  const results = Object.entries(rounds).map(([operation, bySize]) => ({ operation, ...summary(bySize) }))
  for (const { operation, p50, p99, ratio, rounds } of results) {
    console.log(`\n${operation}, ms`)
    for (const { size } of towns) {
      const own = rounds[size]?.map(round => percentile(round, 0.5).toFixed(2)).join(', ')
      console.log(
        `  ${size.toLocaleString('en').padStart(9)} users: p50 ${p50[size]?.toFixed(2)}, p99 ${p99[size]?.toFixed(2)} (p50 of the rounds: ${own})`,
      )
    }
    console.log(`  largest ÷ smallest: ${ratio.toFixed(2)}; at most ${REACH}: ${verdict(ratio <= REACH)}`)
  }
  writeResults('growth', options.publish, {
    settings: { rounds: ROUNDS, tries: TRIES },
    server: await serverOf(towns),
    results,
  })
})

async function build(size: number): Promise<Town> {
  const profile = await real(process.env, `_${size}`)
  Object.assign(profile.env, {
    PUBLIC_URL: 'http://holocron.test',
    ARGON2_MEMORY_KIB: String(CHEAP.memoryCost),
    ARGON2_ITERATIONS: String(CHEAP.timeCost),
  })
  const service = await startService({ profile })
  const db = await openDatabase(profile.env.DATABASE_URL ?? '')
  atEnd(() => db.destroy())
  await fill(db, size)
  await sql`analyze table users, sessions, audit_events, outbox`.execute(db)
  return { size, service, db, keys: await keysOf(profile.env), next: { verified: odd(size), unverified: even(size) } }
}

/** Odd numbers all over the size, none twice until all were taken. */
function odd(size: number): () => number {
  const step = 618_033 // coprime with every power of ten
  let count = 0
  return () => ((count++ * step) % (size / 2)) * 2 + 1
}

function even(size: number): () => number {
  const next = odd(size)
  return () => next() - 1
}

function tokenOf(keys: Keys, index: number): string {
  return keys.access({ sid: sessionId(index), user_id: userId(index) })
}

function times(request: (town: Town) => Promise<Answer>) {
  return async (town: Town) => {
    const { status, body, milliseconds } = await request(town)
    if (status !== 200) throw new Error(`unexpected answer: ${status} ${body}`)
    return [milliseconds]
  }
}

/** Mails that fall due together; the time between the first that was sent and the last. */
async function deliverMails({ db, next }: Town): Promise<number[]> {
  const now = Date.now()
  const mails = Array.from({ length: MAILS }, () => {
    const index = next.unverified()
    if (!isUnverified(index)) throw new Error('whose address is proved wants no mail')
    return {
      id: randomUUIDv7(),
      template: 'email-verification' as const,
      user_id: userId(index),
      recipient: emailOf(index),
      created_at: now,
      due_at: now,
    }
  })
  await db.insertInto('outbox').values(mails).execute()
  while (true) {
    const { sent, first, last } = await db
      .selectFrom('outbox')
      .select(({ fn }) => [
        fn.countAll<number>().as('sent'),
        fn.min('finished_at').as('first'),
        fn.max('finished_at').as('last'),
      ])
      .where(
        'id',
        'in',
        mails.map(mail => mail.id),
      )
      .where('outcome', '=', 'sent')
      .executeTakeFirstOrThrow()
    if (sent === MAILS) return [(Number(last) - Number(first)) / (MAILS - 1)]
    if (Date.now() - now > 60_000) throw new Error('the worker does not send')
    await new Promise(resolve => setTimeout(resolve, 100))
  }
}

type Rounds = Record<number, number[][]>

async function measure(towns: Town[]): Promise<Record<string, Rounds>> {
  const all: Record<string, Rounds> = {}
  for (const [name, operation] of Object.entries(operations)) {
    const bySize: Rounds = Object.fromEntries(towns.map(({ size }) => [size, []]))
    const tries = operation === deliverMails ? 1 : TRIES
    for (let i = 0; i < tries / 4; i++) for (const town of towns) await operation(town)
    for (let round = 0; round < ROUNDS; round++) {
      const times = new Map(towns.map(town => [town, [] as number[]]))
      for (let i = 0; i < tries; i++) {
        const order = i % 2 === 0 ? towns : towns.toReversed()
        for (const town of order) times.get(town)?.push(...(await operation(town)))
      }
      for (const [{ size }, own] of times) bySize[size]?.push(own)
    }
    all[name] = bySize
  }
  return all
}

function summary(rounds: Rounds) {
  const of = (part: number) =>
    Object.fromEntries(Object.entries(rounds).map(([size, each]) => [size, percentile(each.flat(), part)]))
  const p50 = of(0.5)
  const values = Object.values(p50)
  return { p50, p99: of(0.99), ratio: (values.at(-1) ?? Number.NaN) / (values[0] ?? Number.NaN), rounds }
}

/** What decides how much of the data is in the database's memory. */
async function serverOf([town]: Town[]) {
  const { rows } = await sql<{ version: string; buffer_pool_bytes: number }>`
    select version() as version, @@innodb_buffer_pool_size as buffer_pool_bytes`.execute((town as Town).db)
  return rows[0]
}
