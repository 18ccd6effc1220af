/** Fills a database with users, each with a session, a login in its history and a mail sent long ago. */
import { hash, type Options } from '@node-rs/argon2'
import { SingleBar } from 'cli-progress'
import type { Kysely } from 'kysely'
import type { Tables } from '../../sql/tables.ts'

export const PASSWORD = 'Bench-0f-Holocron'
/** Cheap, so that hashing does not hide the cost of the database. */
export const CHEAP_ARGON2 = { memoryCost: 64, timeCost: 1, parallelism: 1 }
/** Rows per INSERT. */
const BATCH_SIZE = 1000
const DAY = 86_400_000

/** Below are the ids of users who signed up. */
const FIRST_USER_ID = 1000

/** Ids computed from an index, so that rows need not be remembered; in ascending order, as they are in order of time. */
export const userId = (index: number) => FIRST_USER_ID + index
export const sessionId = (index: number) => uuid('2', index)
export const emailOf = (index: number) => `user${index}@bench.example`

function uuid(kind: string, index: number): string {
  return `01900000-0000-7${kind}00-8000-${index.toString(16).padStart(12, '0')}`
}

/** Every other e-mail address is not verified yet, so a mail to it is still needed. */
export const isUnverified = (index: number) => index % 2 === 0

/** @param argon2 parameters of the password hash, which all users share */
export async function fill(db: Kysely<Tables>, users: number, argon2: Options = CHEAP_ARGON2): Promise<void> {
  const bar = new SingleBar({ format: '{bar} {value} of {total} users with their sessions, {eta} s left' })
  bar.start(users, 0)
  const password_hash = await hash(PASSWORD, argon2)
  const now = Date.now()
  for (let first = 0; first < users; first += BATCH_SIZE) {
    const rows = Array.from({ length: Math.min(BATCH_SIZE, users - first) }, (_, i) => ({
      index: first + i,
      /** A month of sign-ups, one after the other. */
      at: Math.floor(now - DAY - (1 - (first + i) / users) * 29 * DAY),
    }))
    await Promise.all([
      db
        .insertInto('users')
        .values(rows.map(row => userRow(row, password_hash)))
        .execute(),
      db
        .insertInto('sessions')
        .values(rows.map(row => sessionRow(row, now)))
        .execute(),
      db.insertInto('audit_events').values(rows.map(eventRow)).execute(),
      db
        .insertInto('outbox')
        .values(rows.map(row => mailRow(row, now)))
        .execute(),
    ])
    bar.update(first + rows.length)
  }
  bar.stop()
}

interface Row {
  index: number
  at: number
}

function userRow({ index, at }: Row, password_hash: string) {
  return {
    id: userId(index),
    email: emailOf(index),
    password_hash,
    access_role: 'basic' as const,
    email_verified: isUnverified(index) ? (0 as const) : (1 as const),
    created_at: at,
    updated_at: at,
    last_login_at: at,
  }
}

function sessionRow({ index, at }: Row, now: number) {
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

function eventRow({ index, at }: Row) {
  return {
    id: uuid('3', index),
    user_id: userId(index),
    kind: 'logged-in' as const,
    session_id: sessionId(index),
    user_agent: null,
    ip: '192.0.2.1',
    created_at: at,
  }
}

function mailRow({ index, at }: Row, now: number) {
  return {
    id: uuid('4', index),
    template: 'email-verification' as const,
    user_id: userId(index),
    recipient: emailOf(index),
    created_at: at,
    due_at: at,
    attempts: 1,
    outcome: 'sent' as const,
    // Recent, so that the clean-up leaves it.
    finished_at: now,
  }
}
