/** Imports of users: the users and how far the file is done are written together. */
import { randomUUIDv7 } from 'node:crypto'
import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { isDuplicate } from './connection/errors.ts'
import { transaction } from './connection/transaction.ts'
import type { ImportsTable, Tables, UsersTable } from './tables.ts'

export type ImportProgress = Selectable<ImportsTable>
export type NewUser = Omit<Insertable<UsersTable>, 'id' | 'updated_at' | 'last_login_at'>

export async function findImport(db: Kysely<Tables>, file_hash: string): Promise<ImportProgress | undefined> {
  return db.selectFrom('imports').selectAll().where('file_hash', '=', file_hash).executeTakeFirst()
}

/** How far the import of this file has come; one that is new begins. */
export async function beginImport(db: Kysely<Tables>, file_hash: string): Promise<ImportProgress> {
  const known = await findImport(db, file_hash)
  if (known) return known
  const fresh = { file_hash, position: 0, line: 0, imported: 0, rejected: 0, rejects_size: 0 }
  try {
    await db.insertInto('imports').values(fresh).execute()
    return fresh
  } catch (error) {
    if (isDuplicate(error)) return beginImport(db, file_hash)
    throw error
  }
}

/**
 * Adds users whose addresses are free, each with the first line of their history, and notes how far the import has come.
 * @param sortOut is told which of `emails` are taken, and answers who comes in. It may be called again, and never in two runs at a time
 * @returns undefined where the import is no longer where it was `before`: another run, or the last commit of one that was killed, was quicker
 */
export async function importBatch(
  db: Kysely<Tables>,
  before: ImportProgress,
  emails: string[],
  sortOut: (taken: Set<string>) => Promise<{ users: NewUser[]; after: ImportProgress }>,
): Promise<ImportProgress | undefined> {
  try {
    return await transaction(db, async tx => {
      if (!(await lockImport(tx, before))) return undefined
      const { users, after } = await sortOut(await takenEmails(tx, emails))
      await addUsers(tx, users)
      await tx.updateTable('imports').set(after).where('file_hash', '=', after.file_hash).execute()
      return after
    })
  } catch (error) {
    // Somebody signed up with one of the addresses since they were looked up.
    if (isDuplicate(error)) return importBatch(db, before, emails, sortOut)
    throw error
  }
}

async function lockImport(tx: Transaction<Tables>, { file_hash, position }: ImportProgress): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('imports')
    .set({ position })
    .where('file_hash', '=', file_hash)
    .where('position', '=', position)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

async function takenEmails(tx: Transaction<Tables>, emails: string[]): Promise<Set<string>> {
  if (emails.length === 0) return new Set()
  const rows = await tx.selectFrom('users').select('email').where('email', 'in', emails).execute()
  return new Set(rows.map(row => row.email))
}

async function addUsers(tx: Transaction<Tables>, users: NewUser[]): Promise<void> {
  if (users.length === 0) return
  const now = Date.now()
  const rows = users.map(user => ({ ...user, id: randomUUIDv7(), updated_at: now, last_login_at: null }))
  const events = rows.map(({ id: user_id }) => ({
    id: randomUUIDv7(),
    user_id,
    kind: 'imported' as const,
    session_id: null,
    user_agent: null,
    ip: null,
    created_at: now,
  }))
  await tx.insertInto('users').values(rows).execute()
  await tx.insertInto('events').values(events).execute()
}
