/** Migrations are SQL files, `NNN-name.sql` with their undo in `NNN-name.undo.sql`, one folder a dialect. Kysely's migrator runs them under a lock. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Kysely, SqliteAdapter, sql } from 'kysely'
import { type Migration, type MigrationResultSet, Migrator } from 'kysely/migration'
import type { Tables } from '../tables.ts'

/**
 * A migrator for this database: `migrateToLatest()`, `migrateDown()`, `getMigrations()`.
 * Ten processes may start it at once: one holds the lock, the others find the work done.
 */
export function migrator(db: Kysely<Tables>): Migrator {
  const dialect = db.getExecutor().adapter instanceof SqliteAdapter ? 'sqlite' : 'mysql'
  const folder = join(import.meta.dirname, '../migrations', dialect)
  return new Migrator({ db, provider: { getMigrations: () => readMigrations(folder) } })
}

/**
 * Runs what is missing.
 * @returns the names of the migrations that ran
 */
export async function migrate(db: Kysely<Tables>): Promise<string[]> {
  return alone(db, async locked => namesOf(await migrator(locked).migrateToLatest()))
}

/** Takes back the newest migration. */
export async function undoLast(db: Kysely<Tables>): Promise<string[]> {
  return alone(db, async locked => namesOf(await migrator(locked).migrateDown()))
}

/** The names of the migrations that have not run yet. */
export async function pendingMigrations(db: Kysely<Tables>): Promise<string[]> {
  const all = await migrator(db).getMigrations()
  return all.filter(migration => !migration.executedAt).map(migration => migration.name)
}

/** Kysely's lock is nothing on SQLite, "which has one connection". Other processes have theirs, so here it is SQLite's own write lock. */
async function alone<T>(db: Kysely<Tables>, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
  if (!(db.getExecutor().adapter instanceof SqliteAdapter)) return work(db)
  return db.connection().execute(async connection => {
    await sql`BEGIN IMMEDIATE`.execute(connection)
    try {
      const result = await work(connection)
      await sql`COMMIT`.execute(connection)
      return result
    } catch (error) {
      await sql`ROLLBACK`.execute(connection)
      throw error
    }
  })
}

function namesOf({ error, results }: MigrationResultSet): string[] {
  if (error) throw error
  return (results ?? []).map(result => result.migrationName)
}

async function readMigrations(folder: string): Promise<Record<string, Migration>> {
  const files = (await readdir(folder)).filter(file => file.endsWith('.sql') && !file.endsWith('.undo.sql'))
  return Object.fromEntries(
    files.map(file => {
      const name = file.slice(0, -'.sql'.length)
      return [name, { up: run(join(folder, file)), down: run(join(folder, `${name}.undo.sql`)) }]
    }),
  )
}

/** A statement ends with a semicolon at the end of a line. */
function run(file: string) {
  return async (db: Kysely<unknown>): Promise<void> => {
    const script = await readFile(file, 'utf8')
    const statements = script.replaceAll(/^--.*$/gm, '').split(/;[ \t]*$/m)
    for (const statement of statements) if (statement.trim()) await sql.raw(statement).execute(db).catch(unlessDone)
  }
}

/** MySQL cannot take back a statement that changes a table: after a crash midway the ones that were done are run again, and that is no fault. */
function unlessDone(error: unknown): void {
  const { code, message } = error as { code?: string; message?: string }
  const done = DONE.has(code ?? '') || /^duplicate column name|^no such column/.test(message ?? '')
  if (!done) throw error
}

const DONE = new Set(['ER_DUP_FIELDNAME', 'ER_DUP_KEYNAME', 'ER_CANT_DROP_FIELD_OR_KEY'])
