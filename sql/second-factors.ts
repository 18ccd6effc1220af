/** What stands between a password and a session, where a user wants it so. */
import { type Kysely, sql, type Transaction } from 'kysely'
import { deletePasskeys, listPasskeys } from './passkeys.ts'
import { countRecoveryCodes, deleteRecoveryCodes } from './recovery-codes.ts'
import type { Tables } from './tables.ts'
import { deleteTotp, findTotp } from './totp.ts'

/** How a login that waits for its second factor may go on. */
export type MfaMethod = 'totp' | 'passkey' | 'recovery_code'

export async function mfaMethods(db: Kysely<Tables>, user_id: string): Promise<MfaMethod[]> {
  const there: Record<MfaMethod, boolean> = {
    totp: (await findTotp(db, user_id, 1)) !== undefined,
    passkey: (await listPasskeys(db, user_id)).length > 0,
    recovery_code: (await countRecoveryCodes(db, user_id)) > 0,
  }
  return (Object.keys(there) as MfaMethod[]).filter(method => there[method])
}

/**
 * To be called after every change of a user's second factors, in its transaction: writes into the user's row, which every login locks,
 * whether there are any. With the last one the recovery codes go, and the logins that wait for it.
 * @returns whether a second factor is there
 */
export async function updateMfaEnabled(tx: Transaction<Tables>, user_id: string): Promise<boolean> {
  const enabled = (await findTotp(tx, user_id, 1)) !== undefined || (await listPasskeys(tx, user_id)).length > 0
  await tx
    .updateTable('users')
    .set({ mfa_enabled: enabled ? 1 : 0, updated_at: Date.now() })
    .where('id', '=', user_id)
    .execute()
  await tx.deleteFrom('mfa_challenges').where('user_id', '=', user_id).execute()
  if (!enabled) await deleteRecoveryCodes(tx, user_id)
  return enabled
}

/** Takes every second factor of a user away. False where there was none. */
export async function removeSecondFactors(tx: Transaction<Tables>, user_id: string): Promise<boolean> {
  const before = await mfaMethods(tx, user_id)
  await deleteTotp(tx, user_id, 1)
  await deleteTotp(tx, user_id, 0)
  await deletePasskeys(tx, user_id)
  await updateMfaEnabled(tx, user_id)
  return before.length > 0
}

/** Remembers a login whose password was right. */
export async function insertMfaChallenge(
  db: Kysely<Tables>,
  challenge: { id: string; user_id: string; expires_at: number },
): Promise<void> {
  await db
    .insertInto('mfa_challenges')
    .values({ ...challenge, tries: 0 })
    .execute()
}

/** Takes one of a challenge's `max` tries before it is known how it ends: so parallel guesses cannot share one. False where none is left. */
export async function tryMfaChallenge(db: Kysely<Tables>, id: string, max: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('mfa_challenges')
    .set({ tries: sql<number>`tries + 1` })
    .where('id', '=', id)
    .where('tries', '<', max)
    .where('expires_at', '>', Date.now())
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Uses a challenge up, in the transaction that opens the session: of any number of simultaneous uses one succeeds. */
export async function consumeMfaChallenge(tx: Transaction<Tables>, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('mfa_challenges').where('id', '=', id).executeTakeFirst()
  return numDeletedRows === 1n
}
