// npm run migrate [-- undo]: migrates the database of DATABASE_URL, or undoes the newest migration.
import { openDatabase } from '#sql/connection/database.ts'
import { migrate, undoLast } from '#sql/connection/migrator.ts'
import { readDatabaseUrl } from '../plugins/config/index.ts'

async function main(): Promise<string[]> {
  const db = await openDatabase(readDatabaseUrl())
  const work = process.argv[2] === 'undo' ? undoLast(db) : migrate(db)
  return work.finally(() => db.destroy())
}

main().then(
  names => console.log(names.length > 0 ? names.join('\n') : 'Nothing to do.'),
  (error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  },
)
