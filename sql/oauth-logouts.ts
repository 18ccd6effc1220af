/** The queue of logout tokens for applications whose sessions ended. */
import { type Generated, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { EndedGrant } from './ended-grants.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    oauth_logouts: OAuthLogoutsTable
  }
}

export interface OAuthLogoutsTable {
  session_id: string
  client_id: string
  user_id: number
  /** The back-channel logout URI and the signing algorithm, copied when the session ended: the application may be removed before delivery. */
  uri: string
  alg: string
  attempts: Generated<number>
  created_at: number
  /** Time of the next attempt. A claim moves it ahead, so that what a killed process had claimed is picked up again. */
  due_at: number
}

export type OAuthLogout = Selectable<OAuthLogoutsTable>

/** Where and how to send logout tokens. */
export type LogoutTarget = Pick<OAuthLogout, 'uri' | 'alg'>

export async function addLogout(tx: Transaction<Tables>, grant: EndedGrant, target: LogoutTarget): Promise<void> {
  const { id: session_id, ...of } = grant
  const now = Date.now()
  await tx
    .insertInto('oauth_logouts')
    .ignore()
    .values({ session_id, ...of, ...target, created_at: now, due_at: now })
    .execute()
}

/** For all ended sessions of an application that is being removed, before the removal makes them impossible to find. */
export async function addLogoutsOfClient(
  tx: Transaction<Tables>,
  client_id: string,
  { uri, alg }: LogoutTarget,
): Promise<void> {
  const now = Date.now()
  const ended = tx
    .selectFrom('sessions')
    .innerJoin('oauth_records', 'oauth_records.grant_id', 'sessions.id')
    .select(['sessions.id', 'sessions.client_id', 'sessions.user_id'])
    .select([
      sql<string>`${uri}`.as('uri'),
      sql<string>`${alg}`.as('alg'),
      sql<number>`${now}`.as('created_at'),
      sql<number>`${now}`.as('due_at'),
    ])
    .where('sessions.client_id', '=', client_id)
    .where('sessions.revoked_at', 'is not', null)
    .where('oauth_records.model', '=', 'Grant')
  await tx
    .insertInto('oauth_logouts')
    .ignore()
    .columns(['session_id', 'client_id', 'user_id', 'uri', 'alg', 'created_at', 'due_at'])
    .expression(ended as never)
    .execute()
}

/** Those that are due, the longest waiting first. */
export function listDueLogouts(db: Kysely<Tables>, now: number, limit: number): Promise<OAuthLogout[]> {
  return db.selectFrom('oauth_logouts').selectAll().where('due_at', '<=', now).orderBy('due_at').limit(limit).execute()
}

/**
 * Claims one by compare-and-swap: one winner among any number of processes.
 * @param until when the claim ends (ms since 1970)
 */
export async function claimLogout(
  db: Kysely<Tables>,
  seen: OAuthLogout,
  until: number,
): Promise<OAuthLogout | undefined> {
  const claimed = { due_at: until, attempts: seen.attempts + 1 }
  const { numUpdatedRows } = await db
    .updateTable('oauth_logouts')
    .set(claimed)
    .where('session_id', '=', seen.session_id)
    .where('due_at', '=', seen.due_at)
    .executeTakeFirst()
  return numUpdatedRows === 1n ? { ...seen, ...claimed } : undefined
}

/** After its delivery, or the last attempt. */
export async function deleteLogout(db: Kysely<Tables>, { session_id }: OAuthLogout): Promise<void> {
  await db.deleteFrom('oauth_logouts').where('session_id', '=', session_id).execute()
}

export async function postponeLogout(db: Kysely<Tables>, logout: OAuthLogout, due_at: number): Promise<void> {
  await db
    .updateTable('oauth_logouts')
    .set({ due_at })
    .where('session_id', '=', logout.session_id)
    .where('due_at', '=', logout.due_at)
    .execute()
}

/** Postpones all due logouts of an application that does not respond, so that it does not hold up others. */
export async function postponeLogoutsOf(db: Kysely<Tables>, client_id: string, due_at: number): Promise<void> {
  await db
    .updateTable('oauth_logouts')
    .set({ due_at })
    .where('client_id', '=', client_id)
    .where('due_at', '<=', Date.now())
    .execute()
}
