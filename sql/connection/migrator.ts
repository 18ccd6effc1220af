/** Runs the migrations in sql/migrations/ with Kysely's migrator, under a lock of this database. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Kysely, SqliteAdapter, sql } from 'kysely'
import { DEFAULT_MIGRATION_TABLE, type Migration, type MigrationResultSet, Migrator } from 'kysely/migration'
import type { Tables } from '../tables.ts'
import { isMissingTable } from './errors.ts'
import { type Dialect, type MigrationScript, readMigrationFile } from './migration-file.ts'
import { withMigrationLock } from './migration-lock.ts'

const FOLDER = join(import.meta.dirname, '../migrations')

/**
 * A migrator for this database: `migrateToLatest()`, `migrateDown()`, `getMigrations()`.
 * Any number of processes may start it at once: one holds the lock, the others find the work done.
 */
export function migrator(db: Kysely<Tables>): Migrator {
  const dialect = db.getExecutor().adapter instanceof SqliteAdapter ? 'sqlite' : 'mysql'
  return new Migrator({ db, provider: { getMigrations: () => readMigrations(dialect) } })
}

/** The database was made by a version that cannot be migrated. */
export class PreReleaseDatabase extends Error {
  override name = 'PreReleaseDatabase'
}

/**
 * Runs the pending migrations, after those of another process that is at it.
 * @param onWait called once if there is one
 * @returns the names of the migrations that ran
 * @throws PreReleaseDatabase
 */
export async function migrate(db: Kysely<Tables>, onWait = () => {}): Promise<string[]> {
  await rejectPreRelease(db)
  return withMigrationLock(db, onWait, async locked => namesOf(await migrator(locked).migrateToLatest()))
}

/** Reverts the latest migration. @throws PreReleaseDatabase */
export async function undoLast(db: Kysely<Tables>): Promise<string[]> {
  await rejectPreRelease(db)
  return withMigrationLock(
    db,
    () => {},
    async locked => namesOf(await migrator(locked).migrateDown()),
  )
}

/** The names of the migrations that have not run yet. @throws PreReleaseDatabase */
export async function pendingMigrations(db: Kysely<Tables>): Promise<string[]> {
  await rejectPreRelease(db)
  const all = await migrator(db).getMigrations()
  return all.filter(migration => !migration.executedAt).map(migration => migration.name)
}

/** The first migration of the pre-releases, whose user ids were UUIDs. */
const PRE_RELEASE_MIGRATION = '001-accounts'

async function rejectPreRelease(db: Kysely<Tables>): Promise<void> {
  const { rows } = await sql`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} where name = ${PRE_RELEASE_MIGRATION}`
    .execute(db)
    .catch(error => {
      if (isMissingTable(error)) return { rows: [] }
      throw error
    })
  if (rows.length > 0)
    throw new PreReleaseDatabase(
      'the database was made by a pre-release of Holocron and cannot be migrated: start with an empty one',
    )
}

function namesOf({ error, results }: MigrationResultSet): string[] {
  if (error) throw error
  return (results ?? []).map(result => result.migrationName)
}

async function readMigrations(dialect: Dialect): Promise<Record<string, Migration>> {
  const files = (await readdir(FOLDER)).filter(file => file.endsWith('.sql'))
  return Object.fromEntries(
    files.map(file => [
      file.slice(0, -'.sql'.length),
      { up: run(file, dialect, 'up'), down: run(file, dialect, 'down') },
    ]),
  )
}

/** Read when it is run: a start with nothing to migrate reads the names alone. */
function run(file: string, dialect: Dialect, direction: keyof MigrationScript) {
  return async (db: Kysely<unknown>): Promise<void> => {
    const script = await readMigrationFile(join(FOLDER, file), dialect)
    for (const statement of script[direction]) await sql.raw(statement).execute(db).catch(unlessDone)
  }
}

/** MySQL cannot roll back schema changes: after a crash halfway, statements that were done are run again and may fail harmlessly. */
function unlessDone(error: unknown): void {
  const { code, message } = error as { code?: string; message?: string }
  const done = DONE.has(code ?? '') || /^duplicate column name|^no such column/.test(message ?? '')
  if (!done) throw error
}

const DONE = new Set(['ER_DUP_FIELDNAME', 'ER_DUP_KEYNAME', 'ER_CANT_DROP_FIELD_OR_KEY'])
