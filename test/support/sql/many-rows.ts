/** So many rows in every table that grows that a planner has reason to use an index. */
import type { Kysely } from 'kysely'
import type { Tables } from '#sql/tables.ts'

export const DAY = 86_400_000
const ROWS = 4000
/** Rows an INSERT. */
const BATCH = 1000
const KINDS = { sessions: '2', audit_events: '3', outbox: '4', passkeys: '5', mfa_challenges: '6' }

export function idOf(table: keyof typeof KINDS, n: number): string {
  return `01900000-0000-7${KINDS[table]}00-8000-${String(n).padStart(12, '0')}`
}

/** Row 0 has id 1: users are numbered from there. */
export const userId = (n: number) => n + 1

export const emailOf = (n: number) => `user${n}@plans.example`

/** Ten administrators, some who are disabled or not verified, some sessions and mails and tokens whose time is over: most rows are ordinary. */
export async function manyRows(db: Kysely<Tables>, now: number): Promise<void> {
  for (let first = 0; first < ROWS; first += BATCH) {
    const numbers = Array.from({ length: BATCH }, (_, i) => first + i)
    const every = (n: number, of: number) => n % of === 0
    await db
      .insertInto('users')
      .values(
        numbers.map(n => ({
          id: userId(n),
          email: emailOf(n),
          password_hash: 'x',
          access_role: every(n, ROWS / 10) ? ('admin' as const) : ('basic' as const),
          email_verified: every(n, 50) ? (0 as const) : (1 as const),
          disabled: every(n, 70) ? (1 as const) : (0 as const),
          created_at: now - n * 1000,
          updated_at: now,
          last_login_at: null,
        })),
      )
      .execute()
    await db
      .insertInto('sessions')
      .values(
        numbers.map(n => ({
          id: idOf('sessions', n),
          user_id: userId(n),
          generation: 1 + (n % 3),
          created_at: now - 9 * DAY,
          rotated_at: now,
          expires_at: every(n, 60) ? now - 3 * DAY : now + 30 * DAY,
          revoked_at: every(n, 40) ? now - 3 * DAY : null,
          changed_at: every(n, 40) ? now : now - 2 * DAY,
          user_agent: null,
          ip: '192.0.2.1',
        })),
      )
      .execute()
    await db
      .insertInto('audit_events')
      .values(
        numbers.map(n => ({
          id: idOf('audit_events', n),
          user_id: userId(n % 1000),
          kind: 'logged-in' as const,
          session_id: null,
          user_agent: null,
          ip: null,
          created_at: every(n, 100) ? now - 30 * DAY : now,
        })),
      )
      .execute()
    await db
      .insertInto('outbox')
      .values(
        numbers.map(n => ({
          id: idOf('outbox', n),
          template: 'email-verification' as const,
          user_id: userId(n),
          recipient: emailOf(n),
          created_at: now,
          due_at: now,
          attempts: 1,
          outcome: every(n, 90) ? null : ('sent' as const),
          finished_at: every(n, 90) ? null : every(n, 80) ? now - 3 * DAY : now,
        })),
      )
      .execute()
    const proof = (n: number) => ({ user_id: userId(n), outbox_id: idOf('outbox', n) })
    const expires_at = (n: number) => (every(n, 30) ? now - 1 : now + DAY)
    await db
      .insertInto('one_time_tokens')
      .values(
        numbers.map(n => ({
          ...proof(n),
          token_hash: String(n).padStart(64, '0'),
          purpose: 'email-verification' as const,
          created_at: now,
          expires_at: expires_at(n),
        })),
      )
      .execute()
    await db
      .insertInto('reset_codes')
      .values(numbers.map(n => ({ ...proof(n), attempts: 0, expires_at: expires_at(n) })))
      .execute()
    await db
      .insertInto('email_changes')
      .values(
        numbers.map(n => ({
          ...proof(n),
          new_email: `wanted${n}@plans.example`,
          created_at: every(n, 30) ? now - 3 * DAY : now,
        })),
      )
      .execute()
    await secondFactors(db, numbers, now)
  }
}

async function secondFactors(db: Kysely<Tables>, numbers: number[], now: number): Promise<void> {
  const user_id = (n: number) => userId(n)
  const expires_at = (n: number) => (n % 30 === 0 ? now - 3 * DAY : now + DAY)
  await db
    .insertInto('totp_secrets')
    .values(
      numbers.map(n => ({
        user_id: user_id(n),
        confirmed: 1 as const,
        ciphertext: `ciphertext${n}`,
        key_id: n % 1000 === 0 ? 'an older key' : 'the newest key',
        session_id: idOf('sessions', n),
        last_step: 1,
        created_at: now,
      })),
    )
    .execute()
  await db
    .insertInto('recovery_codes')
    .values(numbers.map(n => ({ user_id: user_id(n), code_hash: String(n).padStart(64, '0') })))
    .execute()
  await db
    .insertInto('mfa_challenges')
    .values(
      numbers.map(n => ({
        id: idOf('mfa_challenges', n),
        user_id: user_id(n),
        attempts: 0,
        expires_at: expires_at(n),
      })),
    )
    .execute()
  await db
    .insertInto('passkeys')
    .values(numbers.map(n => ({ ...passkeyOf(n), id: idOf('passkeys', n), created_at: now, last_used_at: null })))
    .execute()
  await db
    .insertInto('used_challenges')
    .values(numbers.map(n => ({ id: String(n).padStart(32, '0'), expires_at: expires_at(n) })))
    .execute()
}

export function passkeyOf(n: number) {
  return {
    user_id: userId(n),
    credential_id: `credential${n}`,
    public_key: 'x',
    counter: 1,
    transports: '[]',
    device_type: 'singleDevice' as const,
    backed_up: 0 as const,
    aaguid: '00000000-0000-0000-0000-000000000000',
    name: null,
  }
}
