/** What the database holds about one user, for the export of their data: without secrets and hashes. The newest rows come first. */
import type { Kysely } from 'kysely'
import type { Tables } from './tables.ts'

export async function listSessionsOf(db: Kysely<Tables>, user_id: number, limit: number) {
  return db
    .selectFrom('sessions')
    .select(['id', 'created_at', 'rotated_at', 'expires_at', 'revoked_at', 'user_agent', 'ip'])
    .where('user_id', '=', user_id)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

export async function listMailsOf(db: Kysely<Tables>, user_id: number, limit: number) {
  return db
    .selectFrom('outbox')
    .select(['id', 'template', 'recipient', 'created_at', 'outcome', 'finished_at'])
    .where('user_id', '=', user_id)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

export async function findPendingEmailOf(db: Kysely<Tables>, user_id: number) {
  return db
    .selectFrom('email_changes')
    .select(['new_email', 'created_at'])
    .where('user_id', '=', user_id)
    .executeTakeFirst()
}
