/** Imports of users: the users and how far the file is done are written together. */
import { randomUUIDv7 } from 'node:crypto'
import type { Insertable, Kysely, Selectable } from 'kysely'
import { isDuplicate } from './faults.ts'
import type { ImportsTable, Tables, UsersTable } from './tables.ts'
import { transaction } from './transaction.ts'

export type ImportProgress = Selectable<ImportsTable>
export type NewUser = Omit<Insertable<UsersTable>, 'id' | 'updated_at' | 'last_login_at'>

export async function findImport(db: Kysely<Tables>, file_hash: string): Promise<ImportProgress | undefined> {
  return db.selectFrom('imports').selectAll().where('file_hash', '=', file_hash).executeTakeFirst()
}

/** Which of these addresses are taken. */
export async function takenEmails(db: Kysely<Tables>, emails: string[]): Promise<Set<string>> {
  if (emails.length === 0) return new Set()
  const rows = await db.selectFrom('users').select('email').where('email', 'in', emails).execute()
  return new Set(rows.map(row => row.email))
}

/**
 * Adds users whose addresses are free, each with the first line of their history, and notes how far the import has come.
 * @returns false where an address was taken since it was looked up: then nothing is written
 */
export async function importUsers(db: Kysely<Tables>, users: NewUser[], progress: ImportProgress): Promise<boolean> {
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
  try {
    await transaction(db, async tx => {
      if (rows.length > 0) {
        await tx.insertInto('users').values(rows).execute()
        await tx.insertInto('events').values(events).execute()
      }
      await tx.deleteFrom('imports').where('file_hash', '=', progress.file_hash).execute()
      await tx.insertInto('imports').values(progress).execute()
    })
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}
