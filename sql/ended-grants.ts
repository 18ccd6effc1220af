/** Grants whose session has ended, but whose records still exist: their logout is not queued, and codes and tokens are not deleted yet. */
import { type ExpressionBuilder, type Kysely, sql, type Transaction } from 'kysely'
import { revokedWithAll } from './global-revocations.ts'
import type { Session } from './sessions.ts'
import type { Tables } from './tables.ts'

export interface EndedGrant {
  /** The id of the session, too. */
  id: Session['id']
  user_id: number
  client_id: string
}

/** The ended grants among these sessions. */
export function findEndedGrants(db: Kysely<Tables>, ids: Session['id'][]): Promise<EndedGrant[]> {
  return db
    .selectFrom('sessions')
    .select(['id', 'user_id', sql<string>`client_id`.as('client_id')])
    .where('id', 'in', ids)
    .where(isUnprocessed)
    .execute()
}

/** The ended grants whose sessions changed since a time (ms, by the database's clock), or all of them. */
export function listEndedGrants(db: Kysely<Tables>, since: number | undefined, limit: number): Promise<EndedGrant[]> {
  const ended = db
    .selectFrom('sessions')
    .select(['id', 'user_id', sql<string>`client_id`.as('client_id')])
    .where(isUnprocessed)
    .limit(limit)
  // The condition lets the query use the index on client_id.
  return (since === undefined ? ended.where('client_id', '>', '') : ended.where('changed_at', '>=', since)).execute()
}

function isUnprocessed({ and, eb, exists, or, selectFrom }: ExpressionBuilder<Tables, 'sessions'>) {
  const record = selectFrom('oauth_records')
    .select('oauth_records.id')
    .whereRef('oauth_records.grant_id', '=', 'sessions.id')
    .where('oauth_records.model', '=', 'Grant')
  return and([
    eb('sessions.client_id', 'is not', null),
    or([eb('sessions.revoked_at', 'is not', null), eb(revokedWithAll, 'is not', null)]),
    exists(record),
  ])
}

/**
 * Deletes the record of a grant, with its codes and tokens.
 * @returns false if another process has done so
 */
export async function deleteGrant(tx: Transaction<Tables>, id: EndedGrant['id']): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('oauth_records')
    .where('grant_id', '=', id)
    .where('model', '=', 'Grant')
    .executeTakeFirst()
  if (numDeletedRows === 0n) return false
  await tx.deleteFrom('oauth_records').where('grant_id', '=', id).execute()
  return true
}
