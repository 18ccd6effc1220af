/** Passkeys, and the challenges that they have answered. */
import { randomUUIDv7 } from 'node:crypto'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { isDuplicate } from './connection/errors.ts'
import type { Flag, PasskeysTable, Tables } from './tables.ts'

export type Passkey = Selectable<PasskeysTable>
export type NewPasskey = Omit<Passkey, 'id' | 'created_at' | 'last_used_at'>

/** A user's passkeys, oldest first. */
export function listPasskeys(db: Kysely<Tables>, user_id: string): Promise<Passkey[]> {
  return db.selectFrom('passkeys').selectAll().where('user_id', '=', user_id).orderBy('id').execute()
}

/** @param credential_id base64url */
export function findPasskey(db: Kysely<Tables>, credential_id: string): Promise<Passkey | undefined> {
  return db.selectFrom('passkeys').selectAll().where('credential_id', '=', credential_id).executeTakeFirst()
}

/** Undefined where an authenticator's credential is registered already, whoever's it is. */
export async function insertPasskey(tx: Transaction<Tables>, passkey: NewPasskey): Promise<Passkey | undefined> {
  const row = { id: randomUUIDv7(), ...passkey, created_at: Date.now(), last_used_at: null }
  const inserted = await inserts(tx.insertInto('passkeys').values(row))
  return inserted ? row : undefined
}

/** The passkey as it is then, or undefined where this user has no such. */
export async function renamePasskey(
  db: Kysely<Tables>,
  { id, user_id, name }: Pick<Passkey, 'id' | 'user_id' | 'name'>,
): Promise<Passkey | undefined> {
  await db.updateTable('passkeys').set({ name }).where('id', '=', id).where('user_id', '=', user_id).execute()
  return db.selectFrom('passkeys').selectAll().where('id', '=', id).where('user_id', '=', user_id).executeTakeFirst()
}

/** False where this user has no such passkey. */
export async function deletePasskey(tx: Transaction<Tables>, user_id: string, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('passkeys')
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Takes all of a user's passkeys away. */
export async function deletePasskeys(tx: Transaction<Tables>, user_id: string): Promise<void> {
  await tx.deleteFrom('passkeys').where('user_id', '=', user_id).execute()
}

/**
 * Notes a use. False where the passkey is gone, or its counter did not go up: a copy of the authenticator has signed in between.
 * One that does not count says 0 always.
 * @see https://www.w3.org/TR/webauthn-3/#sctn-sign-counter
 */
export async function recordPasskeyUse(
  tx: Transaction<Tables>,
  { id, counter, backed_up }: Pick<Passkey, 'id' | 'counter'> & { backed_up: Flag },
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('passkeys')
    .set({ counter, backed_up, last_used_at: Date.now() })
    .where('id', '=', id)
    .where(({ eb, or, and }) =>
      or([eb('counter', '<', counter), and([eb('counter', '=', 0), eb(eb.val(counter), '=', 0)])]),
    )
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Uses a challenge up, in the transaction that does what its answer proves: of any number of simultaneous uses one succeeds. */
export function useChallenge(tx: Transaction<Tables>, challenge: { id: string; expires_at: number }): Promise<boolean> {
  return inserts(tx.insertInto('used_challenges').values(challenge))
}

/** False where a unique key says no. */
async function inserts(statement: { execute(): Promise<unknown> }): Promise<boolean> {
  try {
    await statement.execute()
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}
