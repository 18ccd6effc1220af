/** TOTP secrets, sealed: a proved one a user, and one that waits for its proof. */
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Flag, Tables, TotpSecretsTable } from './tables.ts'

export type TotpSecret = Selectable<TotpSecretsTable>
export type SealedSecret = Pick<TotpSecret, 'sealed' | 'key_id'>

export function findTotp(db: Kysely<Tables>, user_id: string, proved: Flag): Promise<TotpSecret | undefined> {
  return db
    .selectFrom('totp_secrets')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('proved', '=', proved)
    .executeTakeFirst()
}

/** Puts a secret that waits for its proof in the place of an earlier such one. A proved one stays as it is. */
export async function setPendingTotp(
  tx: Transaction<Tables>,
  { user_id, session_id }: { user_id: string; session_id: string },
  secret: SealedSecret,
): Promise<void> {
  await deleteTotp(tx, user_id, 0)
  await tx
    .insertInto('totp_secrets')
    .values({ user_id, session_id, proved: 0, ...secret, last_step: 0, created_at: Date.now() })
    .execute()
}

/**
 * Puts the secret that was just proved by the password of `step` in the place of an earlier one.
 * False where it is not the pending one any more.
 */
export async function proveTotp(
  tx: Transaction<Tables>,
  { user_id, sealed }: Pick<TotpSecret, 'user_id' | 'sealed'>,
  step: number,
): Promise<boolean> {
  await deleteTotp(tx, user_id, 1)
  const { numUpdatedRows } = await tx
    .updateTable('totp_secrets')
    .set({ proved: 1, session_id: null, last_step: step })
    .where('user_id', '=', user_id)
    .where('proved', '=', 0)
    .where('sealed', '=', sealed)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export async function deleteTotp(tx: Transaction<Tables>, user_id: string, proved: Flag): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('totp_secrets')
    .where('user_id', '=', user_id)
    .where('proved', '=', proved)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Takes one of `max` guesses in `window` ms, counted from the first of them. False where none is left. */
export async function tryTotp(
  db: Kysely<Tables>,
  user_id: string,
  { max, window }: { max: number; window: number },
): Promise<boolean> {
  const now = Date.now()
  const over = sql<boolean>`tries_since <= ${now - window}`
  const { numUpdatedRows } = await db
    .updateTable('totp_secrets')
    // In this order: MySQL sees in the second what the first has set.
    .set({ tries: sql<number>`case when ${over} then 1 else tries + 1 end` })
    .set({ tries_since: sql<number>`case when ${over} then ${now} else tries_since end` })
    .where('user_id', '=', user_id)
    .where('proved', '=', 1)
    .where(sql<boolean>`(tries < ${max} or ${over})`)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Uses up the password of a step, and forgets the guesses before it. False where that step, or a later one, was used already. */
export async function useTotpStep(tx: Transaction<Tables>, user_id: string, step: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('totp_secrets')
    .set({ last_step: step, tries: 0 })
    .where('user_id', '=', user_id)
    .where('proved', '=', 1)
    .where('last_step', '<', step)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Secrets that were sealed by this key. */
export function listSealedBy(db: Kysely<Tables>, key_id: string, limit: number): Promise<TotpSecret[]> {
  return db.selectFrom('totp_secrets').selectAll().where('key_id', '=', key_id).limit(limit).execute()
}

/** Puts the same secret, sealed anew, in its place, if it is still that one. */
export async function resealTotp(db: Kysely<Tables>, before: TotpSecret, secret: SealedSecret): Promise<void> {
  await db
    .updateTable('totp_secrets')
    .set(secret)
    .where('user_id', '=', before.user_id)
    .where('proved', '=', before.proved)
    .where('sealed', '=', before.sealed)
    .execute()
}
