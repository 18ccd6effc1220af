/** Identities at providers that open an account. */
import { createHash, randomUUIDv7 } from 'node:crypto'
import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import { noteChange } from './connection/changes.ts'
import { isDuplicate } from './connection/errors.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    linked_logins: LinkedLoginsTable
  }
}

export interface LinkedLoginsTable {
  id: string
  user_id: number
  /** SHA-256 of issuer and subject in hexadecimal: exact in every collation. */
  identity_hash: string
  /** The provider's key. */
  provider: string
  issuer: string
  subject: string
  /** What the provider said last. They change nothing in the account. */
  email: string | null
  name: string | null
  linked_at: number
  last_used_at: number | null
  /** The provider's tokens, encrypted. */
  tokens: Generated<string | null>
  tokens_key_id: Generated<string | null>
}

export type LinkedLogin = Selectable<LinkedLoginsTable>

/** What identifies somebody at a provider: never the e-mail. */
export type Identity = Pick<LinkedLogin, 'issuer' | 'subject'>
type Profile = Pick<LinkedLogin, 'email' | 'name'>
/** The provider's tokens, encrypted. */
export type SealedTokens = Pick<LinkedLogin, 'tokens' | 'tokens_key_id'>

/** Characters; the widths of the columns. */
const EMAIL_MAX_LENGTH = 320
const NAME_MAX_LENGTH = 255

export function findLinkedLogin(db: Kysely<Tables>, identity: Identity): Promise<LinkedLogin | undefined> {
  return db.selectFrom('linked_logins').selectAll().where('identity_hash', '=', hashOf(identity)).executeTakeFirst()
}

/** A user's, oldest first. */
export function listLinkedLogins(db: Kysely<Tables>, user_id: number): Promise<LinkedLogin[]> {
  return db.selectFrom('linked_logins').selectAll().where('user_id', '=', user_id).orderBy('id').execute()
}

/** Returns false if the identity is linked already, to whichever user. */
export async function insertLinkedLogin(
  tx: Transaction<Tables>,
  user_id: number,
  { provider, issuer, subject, email, name }: Identity & Profile & Pick<LinkedLogin, 'provider'>,
  sealed?: SealedTokens,
): Promise<boolean> {
  const identity = { identity_hash: hashOf({ issuer, subject }), provider, issuer, subject }
  const times = { linked_at: Date.now(), last_used_at: null }
  const row = { id: randomUUIDv7(), user_id, ...identity, ...stored({ email, name }), ...times, ...sealed }
  try {
    await tx.insertInto('linked_logins').values(row).execute()
    noteChange(tx, 'login_method', 'created', { user_id, id: row.id, provider })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}

/** Records a login, and what the provider says now. Returns false if the identity no longer opens this user's account. */
export async function recordLinkedLoginUse(
  tx: Transaction<Tables>,
  user_id: number,
  { issuer, subject, email, name }: Identity & Profile,
  sealed?: SealedTokens,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('linked_logins')
    .set({ ...stored({ email, name }), ...sealed, last_used_at: Date.now() })
    .where('identity_hash', '=', hashOf({ issuer, subject }))
    .where('user_id', '=', user_id)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Returns false if the user has it no longer. */
export async function deleteLinkedLogin(
  tx: Transaction<Tables>,
  { id, user_id, provider }: Pick<LinkedLogin, 'id' | 'user_id' | 'provider'>,
): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('linked_logins')
    .where('id', '=', id)
    .where('user_id', '=', user_id)
    .executeTakeFirst()
  if (numDeletedRows !== 1n) return false
  noteChange(tx, 'login_method', 'deleted', { user_id, id, provider })
  return true
}

/** @returns how many there were */
export async function deleteLinkedLogins(tx: Transaction<Tables>, user_id: number): Promise<number> {
  const linked = await listLinkedLogins(tx, user_id)
  for (const method of linked) await deleteLinkedLogin(tx, method)
  return linked.length
}

/** As JSON: no other issuer and subject have the same text. */
function hashOf({ issuer, subject }: Identity): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
}

/** A provider may send anything. */
function stored({ email, name }: Profile): Profile {
  const fits = email !== null && email.length <= EMAIL_MAX_LENGTH
  return {
    email: fits ? email.toWellFormed() : null,
    name: name?.slice(0, NAME_MAX_LENGTH).toWellFormed() ?? null,
  }
}
