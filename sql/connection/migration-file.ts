/**
 * Migrations are SQL files, `NNN-name.sql`, in sections that each begin with a line of their own: `-- mysql`, `-- sqlite`, `-- both` (for
 * either dialect) and `-- undo` (reverts all of it, in either), or `-- undo mysql` and `-- undo sqlite` where the dialects differ. MySQL
 * commits after each statement, so each must bear being run again.
 */
import { readFile } from 'node:fs/promises'

export type Dialect = 'mysql' | 'sqlite'

export interface MigrationScript {
  up: string[]
  down: string[]
}

/** @returns the statements for this dialect, in the order of the file */
export async function readMigrationFile(file: string, dialect: Dialect): Promise<MigrationScript> {
  const [preamble = '', ...sections] = (await readFile(file, 'utf8')).split(
    /^-- (mysql|sqlite|both|undo(?: mysql| sqlite)?)$/m,
  )
  if (statementsOf(preamble).length > 0) throw new Error(`${file}: statements before the first section`)
  const script: MigrationScript = { up: [], down: [] }
  for (let i = 0; i < sections.length; i += 2) {
    const statements = statementsOf(sections[i + 1] ?? '')
    const [section = '', undone = dialect] = sections[i]?.split(' ') ?? []
    if (section === 'undo' && undone === dialect) script.down.push(...statements)
    if (section === dialect || section === 'both') script.up.push(...statements)
  }
  return script
}

/** A statement ends with a semicolon at the end of a line. */
function statementsOf(section: string): string[] {
  const statements = section.replaceAll(/^--.*$/gm, '').split(/;[ \t]*$/m)
  return statements.map(statement => statement.trim()).filter(statement => statement !== '')
}
