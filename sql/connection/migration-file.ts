/**
 * Migrations are SQL files, `NNN-name.sql`, in sections that each begin with a line of their own: `-- mysql`, `-- sqlite`, `-- both` (for
 * either dialect) and `-- undo` (reverts all of it, in either). MySQL commits after each statement, so each must bear being run again.
 */
import { readFile } from 'node:fs/promises'

export type Dialect = 'mysql' | 'sqlite'

export interface MigrationScript {
  up: string[]
  down: string[]
}

/** @returns the statements for this dialect, in the order of the file */
export async function readMigrationFile(file: string, dialect: Dialect): Promise<MigrationScript> {
  const [preamble = '', ...sections] = (await readFile(file, 'utf8')).split(/^-- (mysql|sqlite|both|undo)$/m)
  if (statementsOf(preamble).length > 0) throw new Error(`${file}: statements before the first section`)
  const script: MigrationScript = { up: [], down: [] }
  for (let i = 0; i < sections.length; i += 2) {
    const statements = statementsOf(sections[i + 1] ?? '')
    if (sections[i] === 'undo') script.down.push(...statements)
    else if (sections[i] === dialect || sections[i] === 'both') script.up.push(...statements)
  }
  return script
}

/** A statement ends with a semicolon at the end of a line. */
function statementsOf(section: string): string[] {
  const statements = section.replaceAll(/^--.*$/gm, '').split(/;[ \t]*$/m)
  return statements.map(statement => statement.trim()).filter(statement => statement !== '')
}
