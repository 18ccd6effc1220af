/** Five times the capacity, for logins and for rotations, on MySQL and Redis [--seconds 10] [--times 5] [--users 150000] */
import { parseArgs } from 'node:util'
import { openDatabase } from '../../sql/connection/database.ts'
import { ARGON2 } from '../harness/argon2.ts'
import { call } from '../harness/client.ts'
import { emailOf, fill, PASSWORD, sessionId, userId } from '../harness/fill.ts'
import { describeGoal } from '../harness/goals.ts'
import { wholeNumber } from '../harness/options.ts'
import { pinThisProcess } from '../harness/processes.ts'
import { real } from '../harness/profiles.ts'
import { writeResults } from '../harness/results.ts'
import { startService } from '../harness/service.ts'
import { serviceSigner } from '../harness/tokens.ts'
import { type FloodResult, flood } from '../scenarios/flood.ts'

const GOALS = {
  /** Share of the capacity. */
  useful: { atLeast: 0.9 },
  rejectionMs: { atMost: 50 },
  recoverySeconds: { atMost: 2 },
  readMs: { atMost: 50 },
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '10' },
      times: { type: 'string', default: '5' },
      users: { type: 'string', default: '150000' },
      publish: { type: 'boolean', default: false },
    },
  })
  const seconds = wholeNumber('--seconds', values.seconds, 600)
  const times = wholeNumber('--times', values.times, 100)
  const users = wholeNumber('--users', values.users, 10_000_000)
  pinThisProcess()
  const profile = await real()
  Object.assign(profile.env, {
    PUBLIC_URL: 'http://holocron.test',
    ARGON2_THREADS: String(ARGON2.threads),
    ADDRESS_ATTEMPTS_MAX: '1000000000',
  })
  const service = await startService({ profile })
  const db = await openDatabase(profile.env.DATABASE_URL ?? '')
  const { memoryKib: memoryCost, iterations: timeCost, parallelism } = ARGON2
  await fill(db, users, { memoryCost, timeCost, parallelism }).finally(() => db.destroy())
  const signer = await serviceSigner(profile.env)

  /** Every second e-mail address is verified. */
  const verified = (index: number) => (index * 2 + 1) % users
  const logIn = (index: number) =>
    call(service, 'POST', '/users/v1/login', { payload: { email: emailOf(verified(index)), password: PASSWORD } })
  const rotate = (index: number) => {
    const token = signer.refresh({ sid: sessionId(index), user_id: userId(index), gen: 1 })
    return call(service, 'POST', '/users/v1/generate_tokens', { token, payload: {} })
  }
  const readerToken = signer.access({ sid: sessionId(users - 1), user_id: userId(users - 1) })
  const floods: FloodResult[] = []
  for (const [name, request] of Object.entries({ logins: logIn, rotations: rotate })) {
    const result = await flood({ name, service, readerToken, request, seconds, times })
    print(result, seconds)
    floods.push(result)
  }
  const settings = { seconds, times }
  const published = floods.map(({ memory, ...rest }) => ({ ...rest, memoryMax: Math.max(...memory) }))
  writeResults('overload', { settings, floods }, values.publish ? { settings, floods: published } : undefined)
}

function print(result: FloodResult, seconds: number): void {
  const { name, capacity, useful, usefulTook, rejected, rejectedTook, recovery, normal, memory, reads } = result
  const ms = (value: number) => value.toFixed(1)
  const limitMs = (limit: number) => `${limit} ms`
  const half = Math.floor(memory.length / 2)
  const max = (samples: number[]) => Math.max(...samples).toFixed(0)
  const unsent = result.notSent > 0 ? ` (${result.notSent} could not be sent)` : ''
  const lines = [
    `\n${name}: capacity ${ms(capacity)}/s, offered ${ms(result.offered / seconds)}/s for ${seconds} s${unsent}`,
    `responses by status: ${JSON.stringify(result.responses)}; useful per second: ${result.perSecond.join(' ')}`,
    `useful: ${ms(useful)}/s, ${((useful / capacity) * 100).toFixed(0)} % of capacity, p50 ${ms(usefulTook.p50)}, p99 ${ms(usefulTook.p99)} ms; ${describeGoal(GOALS.useful, useful / capacity)}`,
    `rejected with 503 and Retry-After: ${rejected}, p50 ${ms(rejectedTook.p50)}, p99 ${ms(rejectedTook.p99)} ms; ${describeGoal(GOALS.rejectionMs, rejectedTook.p99, limitMs)}`,
    `back to normal (${ms(normal)} ms) after ${recovery.toFixed(2)} s; ${describeGoal(GOALS.recoverySeconds, recovery, limit => `${limit} s`)}`,
    `memory: at most ${max(memory.slice(0, half))} MiB in the first half, ${max(memory.slice(half))} MiB in the second`,
    `protected reads meanwhile: p50 ${ms(reads.p50)}, p99 ${ms(reads.p99)} ms, ${reads.failed} failed; ${describeGoal(GOALS.readMs, reads.p99, limitMs)}`,
  ]
  console.log(lines.join('\n  '))
}
