import bcrypt from 'bcryptjs'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { recordForeignHash } from '#sql/foreign-hashes.ts'
import type { ForeignHash } from '../../../../plugins/auth/passwords/foreign/foreign-hash.ts'
import { parseForeign } from '../../../../plugins/auth/passwords/foreign/index.ts'
import { build, call, environment, newEmail, PASSWORD, verifiedUser } from '../../../support/app.ts'

const TRIES = 15
/** So far may the medians of two kinds of failed login lie apart, relative to the quicker one. */
const TOLERANCE = 0.05
/** A busy machine may spoil a measurement, but not each of these. */
const MEASUREMENTS = 3

async function userWith(app: FastifyInstance, password_hash?: string): Promise<string> {
  const { email } = await verifiedUser(app)
  if (password_hash) await app.db.updateTable('users').set({ password_hash }).where('email', '=', email).execute()
  return email
}

async function durationOf(app: FastifyInstance, email: string, password: string): Promise<number> {
  const start = performance.now()
  const { statusCode } = await call(app, 'POST', '/users/v1/login', { payload: { email, password } })
  if (statusCode === 200) throw new Error('it logged in')
  return performance.now() - start
}

const quantile = (values: number[], fraction: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * fraction)] ?? 0

/** Tries each kind by turns. Returns how far the slowest is from the quickest. */
async function measure(kinds: Record<string, () => Promise<number>>): Promise<number> {
  const tried = Object.values(kinds).map(duration => ({ duration, all: [] as number[] }))
  for (let i = 0; i < TRIES; i++) for (const { all, duration } of tried) all.push(await duration())
  const apart = (fraction: number) => {
    const durations = tried.map(({ all }) => quantile(all, fraction))
    return Math.max(...durations) / Math.min(...durations) - 1
  }
  // Where a loaded machine blurs the medians, the quickest fifth is what an attacker would look at.
  return Math.min(apart(0.5), apart(0.2))
}

t.test('the time a failed login takes does not tell of an imported account, or of its kind (enumeration)', async t => {
  const env = await environment(t)
  const before = await build(t, env)
  // Some other account is much slower than these: on a busy machine too they take less.
  const { algorithm, work, sample } = parseForeign(bcrypt.hashSync(PASSWORD, 10)) as ForeignHash
  await recordForeignHash(before.db, { algorithm, work, sample })
  await before.close()
  const app = await build(t, env)
  const quick = await userWith(app, '{SHA}+qOuqXgjrSPjXHxRLG+R73jmL+4=')
  const slow = await userWith(app, bcrypt.hashSync(PASSWORD, 6))
  const own = await userWith(app)
  const without = await userWith(app, '!')
  const kinds = {
    unknown: () => durationOf(app, newEmail(), 'Coruscant19BBY'),
    own: () => durationOf(app, own, 'Coruscant19BBY'),
    quick: () => durationOf(app, quick, 'Coruscant19BBY'),
    slow: () => durationOf(app, slow, 'Coruscant19BBY'),
    'without a password': () => durationOf(app, without, 'Coruscant19BBY'),
    'that breaks the rule': () => durationOf(app, slow, 'short'),
    'that breaks the rule, of an unknown address': () => durationOf(app, newEmail(), 'short'),
  }
  await durationOf(app, slow, 'Coruscant19BBY')
  let gap = await measure(kinds)
  for (let i = 1; i < MEASUREMENTS && gap > TOLERANCE; i++) gap = await measure(kinds)
  t.ok(gap <= TOLERANCE, `${(gap * 100).toFixed(1)} % apart`)
})
