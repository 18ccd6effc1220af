/** The security history of accounts: append-only, read by the account's owner and administrators. */
import { type Generated, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { slices } from './connection/slices.ts'
import type { Device } from './sessions.ts'
import type { Tables } from './tables.ts'
import { firstIdAt, nextId } from './time-ids.ts'

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
  /** The registered application that the event concerns, if any. */
  client_id: Generated<string | null>
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
  promoted: true
  demoted: true
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

/** With the name of its application; null if there is none, or none any more. */
export type ListedAuditEvent = AuditEvent & { application_name: string | null }

/** Where an event came from. */
export type Origin = Device & Partial<Pick<AuditEvent, 'actor_id'>>

/** The `user_id` of failed logins with an unknown e-mail, and of what concerns applications; no user has it. */
export const NOBODY = 0

type NewAuditEvent = Pick<AuditEvent, 'kind' | 'user_id' | 'session_id'> &
  Partial<Pick<AuditEvent, 'client_id'>> &
  Origin

/** Call it in the transaction that makes the change. */
export async function addAuditEvent(db: Kysely<Tables>, event: NewAuditEvent): Promise<void> {
  await addAuditEvents(db, [event])
}

/** Rows in one statement: SQLite takes 32,766 parameters, and a row has up to nine. */
const ROWS_MAX = 3000

/** Call it in the transaction that makes the changes. */
export async function addAuditEvents(db: Kysely<Tables>, events: NewAuditEvent[]): Promise<void> {
  const created_at = Date.now()
  for (const some of slices(events, ROWS_MAX))
    await db
      .insertInto('audit_events')
      .values(some.map(event => ({ id: nextId(), created_at, ...event })))
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

const applicationName = sql<
  string | null
>`(select name from oauth_clients where oauth_clients.client_id = audit_events.client_id)`

/**
 * A page of events, newest first.
 * @param before the last id of the previous page
 */
export async function listAuditEvents(
  db: Kysely<Tables>,
  { user_id, actor_id, kind, from, to }: AuditEventFilter,
  limit: number,
  before?: string,
): Promise<ListedAuditEvent[]> {
  let query = db
    .selectFrom('audit_events')
    .selectAll()
    .select(applicationName.as('application_name'))
    .orderBy('id', 'desc')
    .limit(limit)
  if (user_id !== undefined) query = query.where('user_id', '=', user_id)
  if (actor_id !== undefined) query = query.where('actor_id', '=', actor_id)
  if (kind !== undefined) query = query.where('kind', '=', kind as AuditEventKind)
  // Ids begin with the time, so a period is a range of the key that the page is ordered by.
  if (from !== undefined) query = query.where('id', '>=', firstIdAt(from))
  if (to !== undefined) query = query.where('id', '<', firstIdAt(to))
  if (before !== undefined) query = query.where('id', '<', before)
  return query.execute()
}

/** Deletes the events of a user who is being deleted, and what others' events say about the user's devices. */
export async function forgetAuditEvents(tx: Transaction<Tables>, user_id: number): Promise<void> {
  await tx.deleteFrom('audit_events').where('user_id', '=', user_id).execute()
  await tx.updateTable('audit_events').set({ ip: null, user_agent: null }).where('actor_id', '=', user_id).execute()
}
