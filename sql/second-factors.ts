/** A user's second factors taken together: TOTP, passkeys and recovery codes. */
import type { Kysely, Transaction } from 'kysely'
import { deleteMfaChallenges } from './mfa-challenges.ts'
import { deletePasskeys, listPasskeys } from './passkeys.ts'
import { countRecoveryCodes, deleteRecoveryCodes } from './recovery-codes.ts'
import type { Tables } from './tables.ts'
import { deleteTotp, findTotp } from './totp-secrets.ts'
import { setMfaEnabled } from './users.ts'

/** A way to complete a login that waits for its second factor. */
export type MfaMethod = 'totp' | 'passkey' | 'recovery_code'

export async function mfaMethods(db: Kysely<Tables>, user_id: number): Promise<MfaMethod[]> {
  const methods: MfaMethod[] = []
  if (await findTotp(db, user_id, 1)) methods.push('totp')
  if ((await listPasskeys(db, user_id)).length > 0) methods.push('passkey')
  if ((await countRecoveryCodes(db, user_id)) > 0) methods.push('recovery_code')
  return methods
}

/**
 * Call it after every change of a user's second factors, in the same transaction: it stores in the user's row, which every login
 * locks, whether there are any, and drops the logins that wait for one. Recovery codes go with the last second factor.
 * @returns whether a second factor is left
 */
export async function updateMfaEnabled(tx: Transaction<Tables>, user_id: number): Promise<boolean> {
  const enabled = (await findTotp(tx, user_id, 1)) !== undefined || (await listPasskeys(tx, user_id)).length > 0
  await setMfaEnabled(tx, user_id, enabled ? 1 : 0)
  await deleteMfaChallenges(tx, user_id)
  if (!enabled) await deleteRecoveryCodes(tx, user_id)
  return enabled
}

/** Removes every second factor of a user. @returns those that there were */
export async function removeSecondFactors(tx: Transaction<Tables>, user_id: number): Promise<MfaMethod[]> {
  const before = await mfaMethods(tx, user_id)
  await deleteTotp(tx, user_id, 1)
  await deleteTotp(tx, user_id, 0)
  await deletePasskeys(tx, user_id)
  await updateMfaEnabled(tx, user_id)
  return before
}
