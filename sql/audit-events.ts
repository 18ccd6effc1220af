/** The security history of accounts: append-only, read by the account's owner and administrators. */
import { randomUUIDv7 } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
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
  'logged-in': true
  'login-failed': true
  'reset-code-failed': true
  'refresh-token-reused': true
  'password-changed': true
  'password-reset': true
  'email-changed': true
  'role-changed': true
  disabled: true
  enabled: true
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

/** The `user_id` of failed logins with an unknown e-mail; no user has it. */
export const NOBODY = 0

/** Call it in the transaction that makes the change. */
export async function addAuditEvent(
  db: Kysely<Tables>,
  event: Pick<AuditEvent, 'kind' | 'user_id' | 'session_id'> & Device,
): Promise<void> {
  await db
    .insertInto('audit_events')
    .values({ id: randomUUIDv7(), created_at: Date.now(), ...event })
    .execute()
}

/**
 * A page of a user's events, newest first.
 * @param before the last id of the previous page
 */
export async function listAuditEvents(
  db: Kysely<Tables>,
  user_id: number,
  limit: number,
  before?: string,
): Promise<AuditEvent[]> {
  let query = db
    .selectFrom('audit_events')
    .selectAll()
    .where('user_id', '=', user_id)
    .orderBy('id', 'desc')
    .limit(limit)
  if (before !== undefined) query = query.where('id', '<', before)
  return query.execute()
}
