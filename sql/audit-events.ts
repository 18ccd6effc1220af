/** The security history of accounts: append-only, read by the account's owner and administrators. */
import { randomUUIDv7 } from 'node:crypto'
import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { Device } from './sessions.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    audit_events: AuditEventsTable
  }
}

export interface AuditEventsTable {
  id: string
  user_id: number
  /** The user who was logged in and did it: the account's, or an administrator. Null for a login, a mailed link, a failure, a command. */
  actor_id: Generated<number | null>
  kind: AuditEventKind
  session_id: string | null
  user_agent: string | null
  ip: string | null
  created_at: number
}

/** A feature adds its kinds by declaration merging: `declare module '#sql/audit-events.ts' { interface AuditEventKinds { … } }`. */
export interface AuditEventKinds {
  'signed-up': true
  imported: true
  'email-verified': true
  'email-unverified': true
  'logged-in': true
  'login-failed': true
  'reset-code-failed': true
  reauthenticated: true
  'reauthentication-failed': true
  'refresh-token-reused': true
  'password-changed': true
  'password-reset': true
  'email-changed': true
  'role-changed': true
  disabled: true
  enabled: true
  deleted: true
  exported: true
  'session-ended': true
  'passkey-added': true
  'passkey-removed': true
  'passkey-cloned': true
  'totp-enabled': true
  'totp-disabled': true
  'second-factor-failed': true
  'recovery-code-used': true
  'recovery-codes-renewed': true
  'second-factors-removed': true
}

export type AuditEventKind = keyof AuditEventKinds
export type AuditEvent = Selectable<AuditEventsTable>

/** Where an event came from. */
export type Origin = Device & Partial<Pick<AuditEvent, 'actor_id'>>

/** The `user_id` of failed logins with an unknown e-mail; no user has it. */
export const NOBODY = 0

type NewAuditEvent = Pick<AuditEvent, 'kind' | 'user_id' | 'session_id'> & Origin

/** Call it in the transaction that makes the change. */
export async function addAuditEvent(db: Kysely<Tables>, event: NewAuditEvent): Promise<void> {
  await addAuditEvents(db, [event])
}

/** Rows in one statement: SQLite takes 32,766 parameters. */
const ROWS_MAX = 4000

/** Call it in the transaction that makes the changes. */
export async function addAuditEvents(db: Kysely<Tables>, events: NewAuditEvent[]): Promise<void> {
  const created_at = Date.now()
  for (let i = 0; i < events.length; i += ROWS_MAX)
    await db
      .insertInto('audit_events')
      .values(events.slice(i, i + ROWS_MAX).map(event => ({ id: randomUUIDv7(), created_at, ...event })))
      .execute()
}

export interface AuditEventFilter {
  user_id?: number
  actor_id?: number
  kind?: string
  /** ms since 1970, inclusive */
  from?: number
  /** ms since 1970, exclusive */
  to?: number
}

/**
 * A page of events, newest first.
 * @param before the last id of the previous page
 */
export async function listAuditEvents(
  db: Kysely<Tables>,
  { user_id, actor_id, kind, from, to }: AuditEventFilter,
  limit: number,
  before?: string,
): Promise<AuditEvent[]> {
  let query = db.selectFrom('audit_events').selectAll().orderBy('id', 'desc').limit(limit)
  if (user_id !== undefined) query = query.where('user_id', '=', user_id)
  if (actor_id !== undefined) query = query.where('actor_id', '=', actor_id)
  if (kind !== undefined) query = query.where('kind', '=', kind as AuditEventKind)
  // Ids begin with the time, so a period is a range of the key that the page is ordered by.
  if (from !== undefined) query = query.where('id', '>=', firstIdAt(from))
  if (to !== undefined) query = query.where('id', '<', firstIdAt(to))
  if (before !== undefined) query = query.where('id', '<', before)
  return query.execute()
}

/** No UUIDv7 of this millisecond or later is smaller. @see https://www.rfc-editor.org/rfc/rfc9562#section-5.7 */
function firstIdAt(time: number): string {
  const hex = Math.max(0, time).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

/** Deletes the events of a user who is being deleted, and what others' events say about the user's devices. */
export async function forgetAuditEvents(tx: Transaction<Tables>, user_id: number): Promise<void> {
  await tx.deleteFrom('audit_events').where('user_id', '=', user_id).execute()
  await tx.updateTable('audit_events').set({ ip: null, user_agent: null }).where('actor_id', '=', user_id).execute()
}
