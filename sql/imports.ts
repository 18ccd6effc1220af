/** Imports of users: each batch and the progress of its file are committed together. */
import { randomUUIDv7 } from 'node:crypto'
import type { Generated, Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { isDuplicate } from './connection/errors.ts'
import { transaction } from './connection/transaction.ts'
import type { Tables } from './tables.ts'
import { noteNewUser, type UsersTable } from './users.ts'

declare module './tables.ts' {
  interface Tables {
    imports: ImportsTable
  }
}

/** How far an import has come. */
export interface ImportsTable {
  /** SHA-256 of the file, in hexadecimal. */
  file_hash: string
  /** Bytes of the file that are done. */
  position: number
  /** Lines of the file that are done. */
  line: number
  imported: number
  rejected: number
  /** Fields of imported users that could not be used. */
  dropped: Generated<number>
  /** Bytes of the file of rejects that belong to what is done. */
  rejects_size: number
}

export type ImportProgress = Selectable<ImportsTable>
/** Without an id, the next one is assigned. */
export type NewUser = Omit<Insertable<UsersTable>, 'updated_at' | 'last_login_at'>

/** E-mails and ids of the users to import that others have already. */
export interface Taken {
  emails: Set<string>
  ids: Set<number>
}

export async function findImport(db: Kysely<Tables>, file_hash: string): Promise<ImportProgress | undefined> {
  return db.selectFrom('imports').selectAll().where('file_hash', '=', file_hash).executeTakeFirst()
}

/** Returns the progress of a file's import, which starts if there is none. */
export async function beginImport(db: Kysely<Tables>, file_hash: string): Promise<ImportProgress> {
  const known = await findImport(db, file_hash)
  if (known) return known
  const fresh = { file_hash, position: 0, line: 0, imported: 0, rejected: 0, dropped: 0, rejects_size: 0 }
  try {
    await db.insertInto('imports').values(fresh).execute()
    return fresh
  } catch (error) {
    if (isDuplicate(error)) return beginImport(db, file_hash)
    throw error
  }
}

/**
 * Inserts the users whose e-mail is free, each with its first audit event, and records the progress.
 * @param select is given what is taken, and returns the users to insert. It may be called again, but never concurrently
 * @returns undefined if the import is no longer where it was `before`: another run was faster, or the last commit of one that was killed
 */
export async function importBatch(
  db: Kysely<Tables>,
  before: ImportProgress,
  candidates: NewUser[],
  select: (taken: Taken) => Promise<{ users: NewUser[]; after: ImportProgress }>,
): Promise<ImportProgress | undefined> {
  try {
    return await transaction(db, async tx => {
      if (!(await lockImport(tx, before))) return undefined
      const { users, after } = await select(await findTaken(tx, candidates))
      await addUsers(tx, users)
      await tx.updateTable('imports').set(after).where('file_hash', '=', after.file_hash).execute()
      return after
    })
  } catch (error) {
    // A sign-up took one of the e-mails or ids after they were looked up.
    if (isDuplicate(error)) return importBatch(db, before, candidates, select)
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

async function findTaken(tx: Transaction<Tables>, users: NewUser[]): Promise<Taken> {
  const emails = users.map(({ email }) => email)
  const ids = users.flatMap(({ id }) => id ?? [])
  return { emails: await takenEmails(tx, emails), ids: await takenIds(tx, ids) }
}

async function takenEmails(tx: Transaction<Tables>, emails: string[]): Promise<Set<string>> {
  if (emails.length === 0) return new Set()
  const rows = await tx.selectFrom('users').select('email').where('email', 'in', emails).execute()
  return new Set(rows.map(row => row.email))
}

/** Sessions outlive a deleted user while its tokens may exist: another user must not get the id. */
async function takenIds(tx: Transaction<Tables>, ids: number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set()
  const users = await tx.selectFrom('users').select('id').where('id', 'in', ids).execute()
  const sessions = await tx.selectFrom('sessions').select('user_id').distinct().where('user_id', 'in', ids).execute()
  return new Set([...users.map(({ id }) => id), ...sessions.map(({ user_id }) => user_id)])
}

async function addUsers(tx: Transaction<Tables>, users: NewUser[]): Promise<void> {
  if (users.length === 0) return
  const now = Date.now()
  // Explicit ids first: a generated one could be equal to one of them.
  for (const group of [users.filter(({ id }) => id !== undefined), users.filter(({ id }) => id === undefined)]) {
    const rows = group.map(user => ({ ...user, updated_at: now, last_login_at: null }))
    if (rows.length > 0) await tx.insertInto('users').values(rows).execute()
  }
  const ids = await tx
    .selectFrom('users')
    .select(['id', 'password_hash'])
    .where(
      'email',
      'in',
      users.map(({ email }) => email),
    )
    .execute()
  for (const user of ids) noteNewUser(tx, user)
  const events = ids.map(({ id: user_id }) => ({
    id: randomUUIDv7(),
    user_id,
    kind: 'imported' as const,
    session_id: null,
    user_agent: null,
    ip: null,
    created_at: now,
  }))
  await tx.insertInto('audit_events').values(events).execute()
}
