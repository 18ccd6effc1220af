/** Revocation ids of health cards. One that has no user any more is revoked: by a change, or because its account was deleted. */
import { randomBytes } from 'node:crypto'
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from './tables.ts'
import type { User } from './users.ts'

declare module './tables.ts' {
  interface Tables {
    health_cards: HealthCardsTable
  }
}

export interface HealthCardsTable {
  /** 128 random bits in base64url: it says nothing of whose it is. */
  rid: string
  user_id: User['id'] | null
}

/** The id that the user's next cards have. Call it with the user's row locked. */
export async function currentRid(tx: Transaction<Tables>, user_id: User['id']): Promise<string> {
  const current = await tx.selectFrom('health_cards').select('rid').where('user_id', '=', user_id).executeTakeFirst()
  if (current) return current.rid
  const rid = randomBytes(16).toString('base64url')
  await tx.insertInto('health_cards').values({ rid, user_id }).execute()
  return rid
}

/** All cards that the user has. Later ones have another id. */
export async function revokeHealthCards(tx: Transaction<Tables>, user_id: User['id']): Promise<void> {
  await tx.updateTable('health_cards').set({ user_id: null }).where('user_id', '=', user_id).execute()
}

/** In the order of the ids: the same list everywhere. */
export async function listRevokedRids(db: Kysely<Tables>): Promise<string[]> {
  const rows = await db.selectFrom('health_cards').select('rid').where('user_id', 'is', null).execute()
  return rows.map(({ rid }) => rid).sort()
}
