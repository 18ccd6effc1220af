/** Passkeys (WebAuthn credentials). */
import { randomUUIDv7 } from 'node:crypto'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { type ChangeAction, noteChange } from './connection/changes.ts'
import { isDuplicate } from './connection/errors.ts'
import type { Flag, Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    passkeys: PasskeysTable
  }
}

declare module './connection/changes.ts' {
  interface ChangedResources {
    /** The password, a passkey, or an identity at a provider, which has the provider's key. */
    login_method: { provider: string }
  }
}

export interface PasskeysTable {
  id: string
  user_id: number
  /** The authenticator's id of the credential, in base64url. */
  credential_id: string
  /** A COSE key, in base64url. */
  public_key: string
  /** The authenticator's signature counter; always 0 if it does not count. */
  counter: number
  /** A JSON array of the transports by which a browser reaches the authenticator. */
  transports: string
  /** Whether the passkey can be copied to other devices. */
  device_type: 'singleDevice' | 'multiDevice'
  backed_up: Flag
  /** The authenticator's model; all zeros if it is not disclosed. */
  aaguid: string
  name: string | null
  created_at: number
  last_used_at: number | null
}

export type Passkey = Selectable<PasskeysTable>
export type NewPasskey = Omit<Passkey, 'id' | 'created_at' | 'last_used_at'>

/** A user's passkeys, oldest first. */
export function listPasskeys(db: Kysely<Tables>, user_id: number): Promise<Passkey[]> {
  return db.selectFrom('passkeys').selectAll().where('user_id', '=', user_id).orderBy('id').execute()
}

/** @param credential_id base64url */
export function findPasskey(db: Kysely<Tables>, credential_id: string): Promise<Passkey | undefined> {
  return db.selectFrom('passkeys').selectAll().where('credential_id', '=', credential_id).executeTakeFirst()
}

/** Returns undefined if the credential is registered already, by whichever user. */
export async function insertPasskey(tx: Transaction<Tables>, passkey: NewPasskey): Promise<Passkey | undefined> {
  const row = { id: randomUUIDv7(), ...passkey, created_at: Date.now(), last_used_at: null }
  try {
    await tx.insertInto('passkeys').values(row).execute()
    notePasskey(tx, 'created', row)
    return row
  } catch (error) {
    if (isDuplicate(error)) return undefined
    throw error
  }
}

/** Returns the renamed passkey, or undefined if the user has none of this id. */
export async function renamePasskey(
  tx: Transaction<Tables>,
  { id, user_id, name }: Pick<Passkey, 'id' | 'user_id' | 'name'>,
): Promise<Passkey | undefined> {
  await tx.updateTable('passkeys').set({ name }).where('id', '=', id).where('user_id', '=', user_id).execute()
  const passkey = await tx
    .selectFrom('passkeys')
    .selectAll()
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .executeTakeFirst()
  if (passkey) notePasskey(tx, 'updated', passkey, ['name'])
  return passkey
}

/** Returns false if the user has no such passkey. */
export async function deletePasskey(tx: Transaction<Tables>, user_id: number, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('passkeys')
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .executeTakeFirst()
  if (numDeletedRows !== 1n) return false
  notePasskey(tx, 'deleted', { id, user_id })
  return true
}

export async function deletePasskeys(tx: Transaction<Tables>, user_id: number): Promise<void> {
  for (const { id } of await listPasskeys(tx, user_id)) await deletePasskey(tx, user_id, id)
}

function notePasskey(
  tx: Transaction<Tables>,
  action: ChangeAction,
  { id, user_id }: Pick<Passkey, 'id' | 'user_id'>,
  changed?: string[],
): void {
  noteChange(tx, 'login_method', action, { user_id, id, provider: 'passkey', ...(changed && { changed }) })
}

/**
 * Records a use. Returns false if the passkey is gone, or if its counter did not increase: a clone of the authenticator may have
 * signed in between. Authenticators that do not count always report 0.
 * @see https://www.w3.org/TR/webauthn-3/#sctn-sign-counter
 */
export async function recordPasskeyUse(
  tx: Transaction<Tables>,
  { id, counter, backed_up }: Pick<Passkey, 'id' | 'counter' | 'backed_up'>,
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
