/** Encrypted TOTP secrets: at most one confirmed and one pending per user. */
import { type Generated, type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { noteChange } from './connection/changes.ts'
import type { Flag, Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    totp_secrets: TotpSecretsTable
  }
}

declare module './connection/changes.ts' {
  interface ChangedResources {
    /** The authenticator app. Passkeys are login methods. */
    otp_method: object
  }
}

export interface TotpSecretsTable {
  user_id: number
  /** The session that requested it; no other may see or confirm it. Null once confirmed. */
  session_id: string | null
  /** A pending secret may exist beside a confirmed one. */
  confirmed: Flag
  /** AES-256-GCM, by the key that `key_id` names. */
  ciphertext: string
  key_id: string
  /** The latest 30-second step whose code was used: each code works once. */
  last_step: number
  /** Attempts since `attempts_since`. */
  attempts: Generated<number>
  attempts_since: Generated<number>
  created_at: number
}

export type TotpSecret = Selectable<TotpSecretsTable>
export type EncryptedSecret = Pick<TotpSecret, 'ciphertext' | 'key_id'>

export function findTotp(db: Kysely<Tables>, user_id: number, confirmed: Flag): Promise<TotpSecret | undefined> {
  return db
    .selectFrom('totp_secrets')
    .selectAll()
    .where('user_id', '=', user_id)
    .where('confirmed', '=', confirmed)
    .executeTakeFirst()
}

/** Replaces the pending secret. A confirmed one stays as it is. */
export async function setPendingTotp(
  tx: Transaction<Tables>,
  owner: { user_id: number; session_id: string },
  secret: EncryptedSecret,
): Promise<void> {
  await deleteTotp(tx, owner.user_id, 0)
  await tx
    .insertInto('totp_secrets')
    .values({ ...owner, ...secret, confirmed: 0, last_step: 0, created_at: Date.now() })
    .execute()
}

/**
 * Replaces the confirmed secret by the pending one, whose code of `step` was just verified.
 * Returns false if it is no longer the pending one.
 */
export async function confirmTotp(
  tx: Transaction<Tables>,
  { user_id, ciphertext }: Pick<TotpSecret, 'user_id' | 'ciphertext'>,
  step: number,
): Promise<boolean> {
  const isReplaced = await removeTotp(tx, user_id, 1)
  const { numUpdatedRows } = await tx
    .updateTable('totp_secrets')
    .set({ confirmed: 1, session_id: null, last_step: step, attempts: 0 })
    .where('user_id', '=', user_id)
    .where('confirmed', '=', 0)
    .where('ciphertext', '=', ciphertext)
    .executeTakeFirst()
  if (numUpdatedRows !== 1n) return false
  noteChange(tx, 'otp_method', isReplaced ? 'updated' : 'created', { user_id, id: 'totp' })
  return true
}

export async function deleteTotp(tx: Transaction<Tables>, user_id: number, confirmed: Flag): Promise<boolean> {
  const isDeleted = await removeTotp(tx, user_id, confirmed)
  if (isDeleted && confirmed) noteChange(tx, 'otp_method', 'deleted', { user_id, id: 'totp' })
  return isDeleted
}

async function removeTotp(tx: Transaction<Tables>, user_id: number, confirmed: Flag): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('totp_secrets')
    .where('user_id', '=', user_id)
    .where('confirmed', '=', confirmed)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Counts one of `max` attempts at the confirmed or the pending secret in a window of `windowMs`, which starts with the first of them. Returns false if none is left. */
export async function countTotpAttempt(
  db: Kysely<Tables>,
  user_id: number,
  confirmed: Flag,
  { max, windowMs }: { max: number; windowMs: number },
): Promise<boolean> {
  const now = Date.now()
  const over = sql<boolean>`attempts_since <= ${now - windowMs}`
  const { numUpdatedRows } = await db
    .updateTable('totp_secrets')
    // The order matters: MySQL evaluates assignments from left to right, and the second changes what the first reads.
    .set({ attempts: sql<number>`case when ${over} then 1 else attempts + 1 end` })
    .set({ attempts_since: sql<number>`case when ${over} then ${now} else attempts_since end` })
    .where('user_id', '=', user_id)
    .where('confirmed', '=', confirmed)
    .where(sql<boolean>`(attempts < ${max} or ${over})`)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Consumes the code of a step and resets the attempts. Returns false if that step, or a later one, was used already. */
export async function consumeTotpStep(tx: Transaction<Tables>, user_id: number, step: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('totp_secrets')
    .set({ last_step: step, attempts: 0 })
    .where('user_id', '=', user_id)
    .where('confirmed', '=', 1)
    .where('last_step', '<', step)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Secrets that are encrypted by this key, those of users above `afterUser`. */
export function listTotpByKey(
  db: Kysely<Tables>,
  key_id: string,
  { afterUser, limit }: { afterUser: number; limit: number },
): Promise<TotpSecret[]> {
  return db
    .selectFrom('totp_secrets')
    .selectAll()
    .where('key_id', '=', key_id)
    .where('user_id', '>', afterUser)
    .orderBy('user_id')
    .limit(limit)
    .execute()
}

/** Replaces a ciphertext by one of the same secret under another key, if it has not changed since it was read. */
export async function reencryptTotp(db: Kysely<Tables>, before: TotpSecret, secret: EncryptedSecret): Promise<void> {
  await db
    .updateTable('totp_secrets')
    .set(secret)
    .where('user_id', '=', before.user_id)
    .where('confirmed', '=', before.confirmed)
    .where('ciphertext', '=', before.ciphertext)
    .execute()
}
