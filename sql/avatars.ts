/** Users' pictures. A row is written before its files are, so that no file is without one. */
import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { Flag, Tables } from './tables.ts'
import type { User } from './users.ts'

declare module './tables.ts' {
  interface Tables {
    avatars: AvatarsTable
  }
}

export interface AvatarsTable {
  /** Random: 128 bits in hexadecimal. */
  id: string
  /** Whose picture it is; null before its upload is complete, and once its files may be deleted. */
  user_id: number | null
  /** Whether it has ever been somebody's picture. */
  claimed: Generated<Flag>
  created_at: number
}

export type AvatarId = Selectable<AvatarsTable>['id']

/** An upload that has not become somebody's picture by then never will (ms). */
const UPLOAD_TIMEOUT_MS = 600_000
/** When its files are deleted (ms): much later, because clocks differ. */
const ABANDONED_AFTER_MS = 3_600_000

export async function insertAvatar(db: Kysely<Tables>, id: AvatarId): Promise<void> {
  await db.insertInto('avatars').values({ id, user_id: null, created_at: Date.now() }).execute()
}

/** The owner of a picture; undefined if there is no such picture, or none any more. */
export async function findAvatarOwner(db: Kysely<Tables>, id: AvatarId): Promise<User['id'] | undefined> {
  const row = await db.selectFrom('avatars').select('user_id').where('id', '=', id).executeTakeFirst()
  return row?.user_id ?? undefined
}

export async function findAvatarOf(db: Kysely<Tables>, user_id: User['id']): Promise<AvatarId | undefined> {
  const row = await db.selectFrom('avatars').select('id').where('user_id', '=', user_id).executeTakeFirst()
  return row?.id
}

/**
 * Gives an upload to a user who has no picture, whose row is locked.
 * @returns false if it took too long: its files may be gone
 */
export async function claimAvatar(
  tx: Transaction<Tables>,
  id: AvatarId,
  user_id: User['id'],
  avatar_url: string,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('avatars')
    .set({ user_id, claimed: 1 })
    .where('id', '=', id)
    .where('claimed', '=', 0)
    .where('created_at', '>', Date.now() - UPLOAD_TIMEOUT_MS)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return false
  await setAvatarUrl(tx, user_id, avatar_url)
  return true
}

/**
 * Takes the picture from a user whose row is locked.
 * @returns the picture, whose files may be deleted
 */
export async function releaseAvatar(tx: Transaction<Tables>, user_id: User['id']): Promise<AvatarId | undefined> {
  const id = await findAvatarOf(tx, user_id)
  if (id === undefined) return undefined
  await tx.updateTable('avatars').set({ user_id: null }).where('id', '=', id).execute()
  await setAvatarUrl(tx, user_id, null)
  return id
}

async function setAvatarUrl(tx: Transaction<Tables>, id: User['id'], avatar_url: string | null): Promise<void> {
  await tx.updateTable('users').set({ avatar_url, updated_at: Date.now() }).where('id', '=', id).execute()
}

/**
 * Pictures of nobody: replaced, removed, their user deleted, or their upload never completed.
 * @param after the last one of those before; nothing to begin with the first
 */
export async function listUnownedAvatars(db: Kysely<Tables>, limit: number, after = ''): Promise<AvatarId[]> {
  const rows = await db
    .selectFrom('avatars')
    .select('id')
    .where('user_id', 'is', null)
    .where('id', '>', after)
    .where(eb => eb.or([eb('claimed', '=', 1), eb('created_at', '<', Date.now() - ABANDONED_AFTER_MS)]))
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** Call it once the files are gone. */
export async function deleteAvatar(db: Kysely<Tables>, id: AvatarId): Promise<void> {
  await db.deleteFrom('avatars').where('id', '=', id).where('user_id', 'is', null).execute()
}
