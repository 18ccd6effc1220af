/** What the database holds about one user, for the export of their data: without secrets and hashes. The newest rows come first. */
import type { Kysely } from 'kysely'
import { applicationName } from './oauth-grants.ts'
import type { Tables } from './tables.ts'

export async function listSessionsOf(db: Kysely<Tables>, user_id: number, limit: number) {
  return db
    .selectFrom('sessions')
    .select(['id', 'created_at', 'rotated_at', 'expires_at', 'revoked_at', 'user_agent', 'ip', 'client_id'])
    .select(applicationName.as('application_name'))
    .where('user_id', '=', user_id)
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
}

/** Those requested by e-mail alone carry no user id. */
export async function listMailsOf(db: Kysely<Tables>, user_id: number, limit: number) {
  const newest = db
    .selectFrom('outbox')
    .select(['id', 'template', 'recipient', 'created_at', 'outcome', 'finished_at'])
    .orderBy('id', 'desc')
    .limit(limit)
  const email = db.selectFrom('users').select('email').where('id', '=', user_id)
  const own = await newest.where('user_id', '=', user_id).execute()
  const requested = await newest.where('user_id', 'is', null).where('recipient', '=', email).execute()
  return [...own, ...requested].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, limit)
}

export async function findPendingEmailOf(db: Kysely<Tables>, user_id: number) {
  return db
    .selectFrom('email_changes')
    .select(['new_email', 'created_at'])
    .where('user_id', '=', user_id)
    .executeTakeFirst()
}
