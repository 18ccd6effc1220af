// Five times as many logins as there is capacity for: the queue stays bounded, who is turned away hears so at once, and readers notice nothing.
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { environment, newEmail, PASSWORD, REAL } from '../support/app.ts'
import { ANSWERED } from '../support/faults.ts'
import { request, type Service, startService } from '../support/process/service.ts'

const QUEUE = 16
const SECONDS = 4
const TIMES = 5

/** The real cost of a password, one at a time. */
const COST = {
  ARGON2_MEMORY_KIB: '19456',
  ARGON2_ITERATIONS: '2',
  ARGON2_THREADS: '1',
  ARGON2_QUEUE_MAX: String(QUEUE),
}

t.test('five times the capacity on logins', { skip: REAL ? false : 'in the real half' }, async t => {
  const env = await environment(t, COST)
  const service = await startService(t, env)
  const payload = await verified(service, env.DATABASE_URL ?? '')
  const logIn = (account = payload) => request(service, 'POST', '/users/v1/login', { payload: account })
  // The readers are another user: this many logins end one's oldest sessions (SESSIONS_MAX).
  const { token } = (await logIn(await verified(service, env.DATABASE_URL ?? ''))).body
  const one = await timed(async () => {
    for (let i = 0; i < 5; i++) await logIn()
  })
  const every = one / 5 / TIMES

  const reads: Outcome[] = []
  const queue: number[] = []
  const memory: number[] = []
  const logins: Promise<Outcome>[] = []
  const startedAt = performance.now()
  const over = () => performance.now() - startedAt > SECONDS * 1000
  const readers = async () => {
    while (!over()) {
      reads.push(await outcomeOf(() => request(service, 'GET', '/films/v1/', { token })))
      await pause(5)
    }
  }
  const watcher = async () => {
    while (!over()) {
      const figures = (await request(service, 'GET', '/metrics')).body as string
      queue.push(figure(figures, 'holocron_password_queue{state="waiting"}'))
      memory.push(figure(figures, 'process_resident_memory_bytes') / 2 ** 20)
      await pause(100)
    }
  }
  const flood = async () => {
    while (!over()) {
      const due = (performance.now() - startedAt) / every
      while (logins.length < due) logins.push(outcomeOf(() => logIn()))
      await pause(5)
    }
  }
  await Promise.all([readers(), watcher(), flood()])
  const answers = await Promise.all(logins)

  const passed = answers.filter(answer => answer.outcome === '200')
  const half = Math.floor(memory.length / 2)
  t.comment(
    `${perSecond(one / 5)} logins a second are its capacity, ${perSecond(every)} were asked for, ${perSecond((SECONDS * 1000) / passed.length)} passed`,
  )
  t.comment(`reads: median ${at(reads, 0.5)} ms, 95 of 100 within ${at(reads, 0.95)} ms, ${at(reads, 1)} ms at most`)
  t.comment(`logins: ${at(answers, 1)} ms at most; memory: ${memory.map(Math.round).join(' ')} MiB`)

  t.same(outcomes(answers), ['200', '503 service-unavailable, try again'])
  t.ok(passed.length > (0.2 * SECONDS * 5000) / one, 'those who are turned away cost nothing to those who are served')
  t.ok(at(answers, 1) < ANSWERED, 'nobody waits for long')
  t.equal(Math.max(...queue), QUEUE, 'the queue is full, and not fuller')
  t.same(outcomes(reads), ['200'])
  t.ok(at(reads, 0.95) < 500, 'protected reads stay quick')
  t.ok(Math.max(...memory.slice(half)) < Math.max(...memory.slice(0, half)) + 32, 'memory stays flat')
  t.equal((await logIn()).status, 200)
})

interface Outcome {
  /** `200`, or status and code. */
  outcome: string
  /** Milliseconds. */
  took: number
}

async function verified(service: Service, url: string) {
  const payload = { email: newEmail(), password: PASSWORD }
  await request(service, 'POST', '/users/v1/signup', { payload })
  const db = await openDatabase(url)
  await db.updateTable('users').set({ email_verified: 1 }).where('email', '=', payload.email).execute()
  await db.destroy()
  return payload
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

async function outcomeOf(ask: () => ReturnType<typeof request>): Promise<Outcome> {
  const startedAt = performance.now()
  const { status, code, headers } = await ask()
  const outcome = status === 200 ? '200' : `${status} ${code}${headers.has('retry-after') ? ', try again' : ''}`
  return { outcome, took: performance.now() - startedAt }
}

const outcomes = (all: Outcome[]) => [...new Set(all.map(each => each.outcome))].sort()

const perSecond = (milliseconds: number) => Math.round(1000 / milliseconds)

function figure(metrics: string, name: string): number {
  const line = metrics.split('\n').find(each => each.startsWith(`${name} `))
  return Number(line?.slice(name.length + 1))
}

/** Milliseconds that this part of all did not exceed. */
function at(all: Outcome[], part: number): number {
  const sorted = all.map(each => each.took).sort((a, b) => a - b)
  return Math.round(sorted[Math.ceil(sorted.length * part) - 1] ?? Number.NaN)
}
