import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { build, call, newEmail, verifiedUser } from '../../../support/app.ts'

const TRIES = 300
/** So far may the two kinds of failed login lie apart, relative to the quicker one. */
const TOLERANCE = 0.05
/** A busy machine may spoil a measurement, but not each of these. */
const MEASUREMENTS = 3

/** Heavy enough for a missing hash to stand out: some milliseconds. */
const ARGON2 = { ARGON2_MEMORY_KIB: '8192', ARGON2_ITERATIONS: '1', ARGON2_THREADS: '1' }

interface Cost {
  /** What the caller waits (ms). */
  wall: number
  /** What the process works (µs), argon2's threads included: other processes do not disturb it. */
  cpu: number
}

async function costOf(app: FastifyInstance, email: string): Promise<Cost> {
  const cpuBefore = process.cpuUsage()
  const start = performance.now()
  const { statusCode } = await call(app, 'POST', '/users/v1/login', { payload: { email, password: 'Coruscant19BBY' } })
  const wall = performance.now() - start
  const { user, system } = process.cpuUsage(cpuBefore)
  if (statusCode !== 404) throw new Error(`unexpected status ${statusCode}`)
  return { wall, cpu: user + system }
}

function quantile(values: number[], fraction: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * fraction)] ?? 0
}

function gap(a: number, b: number): number {
  return Math.abs(a - b) / Math.min(a, b)
}

/** Tries logins with a known and an unknown address by turns, and says how far they lie apart. */
async function measure(app: FastifyInstance, known: string) {
  const ofKnown: Cost[] = []
  const ofUnknown: Cost[] = []
  for (let i = 0; i < TRIES / 2; i++) {
    // Which comes first changes, so that neither always pays for what the other left behind.
    if (i % 2) ofKnown.push(await costOf(app, known))
    ofUnknown.push(await costOf(app, newEmail()))
    if (i % 2 === 0) ofKnown.push(await costOf(app, known))
  }
  const apart = (kind: keyof Cost, fraction: number) =>
    gap(
      ...([ofKnown, ofUnknown].map(costs =>
        quantile(
          costs.map(cost => cost[kind]),
          fraction,
        ),
      ) as [number, number]),
    )
  // Where a loaded machine blurs the medians, the quickest tenth is what an attacker would look at.
  return { wall: Math.min(apart('wall', 0.5), apart('wall', 0.1)), cpu: apart('cpu', 0.5) }
}

t.test('the time of a failed login does not reveal whether the account exists (enumeration)', async t => {
  const app = await build(t, ARGON2)
  const { email } = await verifiedUser(app)
  await costOf(app, email)
  let gaps = await measure(app, email)
  for (let i = 1; i < MEASUREMENTS && Math.max(gaps.wall, gaps.cpu) > TOLERANCE; i++) gaps = await measure(app, email)
  t.ok(gaps.wall <= TOLERANCE, `waiting: ${(gaps.wall * 100).toFixed(1)} % apart`)
  t.ok(gaps.cpu <= TOLERANCE, `work: ${(gaps.cpu * 100).toFixed(1)} % apart`)
})
