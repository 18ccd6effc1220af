/** Applications that are registered with the OpenID provider. */
import { randomUUID } from 'node:crypto'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { addAuditEvents, NOBODY, type Origin } from './audit-events.ts'
import { databaseNow, isSqlite, readClock } from './connection/clock.ts'
import { compiledOnce } from './connection/compiled.ts'
import { lockUnrevoked } from './live-sessions.ts'
import { insertSession, noteSession, revokeSession, type Session } from './sessions.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    oauth_clients: OAuthClientsTable
  }
}

export interface OAuthClientsTable {
  client_id: string
  name: string
  /** JSON of the other members, by their names in RFC 7591. */
  metadata: string
  /** SHA-256 in hexadecimal; null for a client that has no secret. */
  secret_hash: string | null
  /** The secret before the last rotation, and until when it is valid. */
  previous_secret_hash: string | null
  previous_secret_expires_at: number | null
  /** The session of the tokens that the client gets for itself: it belongs to no user, and ends with the client. */
  session_id: string
  created_at: number
  /** Grows with each change, so it tells whether there was one. */
  updated_at: number
}

export type OAuthClientRow = Selectable<OAuthClientsTable>

/** The session of a client has no end of its own: 31 December 9999 (ms since 1970). */
const NEVER = 253_402_214_400_000

/** With a session of its own. @param client_id one that was never used */
export async function insertOAuthClient(
  tx: Transaction<Tables>,
  client: Pick<OAuthClientRow, 'name' | 'metadata' | 'secret_hash'>,
  client_id: string = randomUUID(),
): Promise<OAuthClientRow> {
  const session_id = await openClientSession(tx)
  const now = await readClock(tx)
  const times = { previous_secret_expires_at: null, created_at: now, updated_at: now }
  const row = { ...client, client_id, previous_secret_hash: null, session_id, ...times }
  await tx.insertInto('oauth_clients').values(row).execute()
  return row
}

const select = compiledOnce((db, client_id: string) =>
  db.selectFrom('oauth_clients').selectAll().where('client_id', '=', client_id),
)

export async function findOAuthClient(db: Kysely<Tables>, client_id: string): Promise<OAuthClientRow | undefined> {
  const [client] = await select(db, client_id)
  return client
}

/**
 * The client as of now, locked until the transaction ends, which may have begun with an older view of the table. An UPDATE because SQLite has no
 * SELECT … FOR UPDATE.
 */
export async function lockOAuthClient(tx: Transaction<Tables>, client_id: string): Promise<OAuthClientRow | undefined> {
  await tx
    .updateTable('oauth_clients')
    .set(eb => ({ updated_at: eb.ref('updated_at') }))
    .where('client_id', '=', client_id)
    .execute()
  return findOAuthClient(tx, client_id)
}

/**
 * Whether the client exists; a shared lock keeps it from being removed until the transaction ends. So its removal sees the session that is opened here,
 * and ends it. SQLite has one transaction that writes at a time; MariaDB has no FOR SHARE.
 */
export async function lockOAuthClientShared(tx: Transaction<Tables>, client_id: string): Promise<boolean> {
  const client = tx.selectFrom('oauth_clients').select('client_id').where('client_id', '=', client_id)
  const held = isSqlite(tx) ? client : client.modifyEnd(sql`lock in share mode`)
  return (await held.executeTakeFirst()) !== undefined
}

/**
 * A page of clients, newest first.
 * @param before the last client of the previous page
 */
export function listOAuthClients(
  db: Kysely<Tables>,
  limit: number,
  before?: Pick<OAuthClientRow, 'created_at' | 'client_id'>,
): Promise<OAuthClientRow[]> {
  let query = db
    .selectFrom('oauth_clients')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('client_id', 'desc')
    .limit(limit)
  if (before !== undefined)
    query = query
      .where('created_at', '<=', before.created_at)
      .where(({ and, eb, or }) =>
        or([
          eb('created_at', '<', before.created_at),
          and([eb('created_at', '=', before.created_at), eb('client_id', '<', before.client_id)]),
        ]),
      )
  return query.execute()
}

/** Lock the client first. @returns the client as it is then */
export async function updateOAuthClient(
  tx: Transaction<Tables>,
  client: OAuthClientRow,
  changes: Partial<Omit<OAuthClientRow, 'client_id' | 'created_at' | 'updated_at'>>,
): Promise<OAuthClientRow> {
  const values = { ...changes, updated_at: Math.max(await readClock(tx), client.updated_at + 1) }
  await tx.updateTable('oauth_clients').set(values).where('client_id', '=', client.client_id).execute()
  return { ...client, ...values }
}

/** Lock the client first, and end its sessions. */
export async function deleteOAuthClient(tx: Transaction<Tables>, client_id: string): Promise<void> {
  await tx.deleteFrom('oauth_clients').where('client_id', '=', client_id).execute()
}

/** Opens the session that a client's own tokens belong to. @returns its id */
export async function openClientSession(tx: Transaction<Tables>): Promise<Session['id']> {
  const nobody = { user_id: NOBODY, auth_time: null, user_agent: null, ip: null }
  const { id } = await insertSession(tx, { ...nobody, lifetime: NEVER - (await readClock(tx)) })
  return id
}

/** Ends the session that a client's own tokens belong to. The caller publishes its revocation after the commit. */
export async function endClientSession(tx: Transaction<Tables>, id: Session['id']): Promise<void> {
  await revokeSession(tx, id, NOBODY)
}

/**
 * Ends every session of a client that is being removed: its own, and those that its users have with it, whose histories say so. Lock the client first.
 * @returns their ids, whose revocation the caller publishes after the commit
 */
export async function endSessionsOfClient(
  tx: Transaction<Tables>,
  { client_id, session_id }: Pick<OAuthClientRow, 'client_id' | 'session_id'>,
  origin: Origin,
): Promise<Session['id'][]> {
  await endClientSession(tx, session_id)
  const sessions = await lockUnrevoked(tx, { client_id })
  const event = { kind: 'session-ended', client_id, ...origin } as const
  await addAuditEvents(
    tx,
    sessions.map(({ id, user_id }) => ({ ...event, user_id, session_id: id })),
  )
  await tx
    .updateTable('sessions')
    .set({ revoked_at: databaseNow(tx), changed_at: databaseNow(tx) })
    .where('client_id', '=', client_id)
    .where('revoked_at', 'is', null)
    .execute()
  for (const session of sessions) noteSession(tx, 'deleted', session)
  return [session_id, ...sessions.map(({ id }) => id)]
}
