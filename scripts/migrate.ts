// npm run migrate [-- undo]: migrates the database of DATABASE_URL, or undoes the newest migration.
import { openDatabase } from '#sql/connection/database.ts'
import { migrate, undoLast } from '#sql/connection/migrator.ts'
import { readDatabaseUrl } from '../plugins/config/index.ts'
import { readArguments } from './arguments.ts'

const USAGE = 'Usage: npm run migrate [-- undo]'

async function main(): Promise<string[]> {
  const [command] = readArguments(
    USAGE,
    ([command, ...others]) => (command === undefined || command === 'undo') && others.length === 0,
    'Runs the pending migrations of DATABASE_URL; `undo` reverts the latest one.',
  )
  const db = await openDatabase(readDatabaseUrl())
  const work =
    command === 'undo'
      ? undoLast(db)
      : migrate(db, () => console.error('Waiting for another process to finish its migrations …'))
  return work.finally(() => db.destroy())
}

main().then(
  names => console.log(names.length > 0 ? names.join('\n') : 'Nothing to do.'),
  (error: Error) => {
    console.error(error.message)
    process.exitCode = 1
  },
)
