/** Fills a database with users, and for each a session, a login in its history and a mail that was sent long ago. */
import { hash, type Options } from '@node-rs/argon2'
import { SingleBar } from 'cli-progress'
import type { Kysely } from 'kysely'
import type { Tables } from '../sql/tables.ts'

export const PASSWORD = 'Bench-0f-Holocron'
/** Cheap, so that what the database costs is not hidden behind the password. */
export const CHEAP = { memoryCost: 64, timeCost: 1, parallelism: 1 }
/** Rows an INSERT. */
const BATCH = 1000
const DAY = 86_400_000

/** Ids that are known from a number: rows need not be remembered. In the order of numbers, as UUIDv7 are in that of time. */
export const userId = (index: number) => id('1', index)
export const sessionId = (index: number) => id('2', index)
export const emailOf = (index: number) => `user${index}@bench.example`

function id(kind: string, index: number): string {
  return `01900000-0000-7${kind}00-8000-${index.toString(16).padStart(12, '0')}`
}

/** Every other address is not proved yet: its mail is still wanted. */
export const isUnverified = (index: number) => index % 2 === 0

/** @param cost of the password, the same for all */
export async function fill(db: Kysely<Tables>, users: number, cost: Options = CHEAP): Promise<void> {
  const bar = new SingleBar({ format: '{bar} {value} of {total} users with their sessions, {eta} s left' })
  bar.start(users, 0)
  const password_hash = await hash(PASSWORD, cost)
  const now = Date.now()
  for (let first = 0; first < users; first += BATCH) {
    const indices = Array.from({ length: Math.min(BATCH, users - first) }, (_, i) => first + i)
    await Promise.all([
      db.insertInto('users').values(indices.map(userRow)).execute(),
      db.insertInto('sessions').values(indices.map(sessionRow)).execute(),
      db.insertInto('audit_events').values(indices.map(eventRow)).execute(),
      db.insertInto('outbox').values(indices.map(mailRow)).execute(),
    ])
    bar.update(first + indices.length)
  }
  bar.stop()

  /** A month of sign-ups, one after the other. */
  function timeOf(index: number): number {
    return Math.floor(now - DAY - (1 - index / users) * 29 * DAY)
  }

  function userRow(index: number) {
    const at = timeOf(index)
    const times = { created_at: at, updated_at: at, last_login_at: at }
    const email_verified = isUnverified(index) ? (0 as const) : (1 as const)
    return {
      id: userId(index),
      email: emailOf(index),
      password_hash,
      access_role: 'basic' as const,
      email_verified,
      ...times,
    }
  }

  function sessionRow(index: number) {
    const at = timeOf(index)
    return {
      id: sessionId(index),
      user_id: userId(index),
      generation: 1,
      created_at: at,
      rotated_at: now,
      expires_at: now + 60 * DAY,
      revoked_at: null,
      changed_at: at,
      user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      ip: '192.0.2.1',
    }
  }

  function eventRow(index: number) {
    const device = { user_agent: null, ip: '192.0.2.1' }
    const session_id = sessionId(index)
    return {
      id: id('3', index),
      user_id: userId(index),
      kind: 'logged-in' as const,
      session_id,
      ...device,
      created_at: timeOf(index),
    }
  }

  function mailRow(index: number) {
    const at = timeOf(index)
    return {
      id: id('4', index),
      template: 'email-verification' as const,
      user_id: userId(index),
      recipient: emailOf(index),
      created_at: at,
      due_at: at,
      attempts: 1,
      outcome: 'sent' as const,
      // Kept: the clean-up takes a mail away a week after.
      finished_at: now,
    }
  }
}
