/** What test/sql/plans.test.ts knows of a file of sql/: rows for its table, and a call of each of its functions. Found by reading the folder. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Insertable, Kysely } from 'kysely'
import type { Tables } from '#sql/tables.ts'

/** The default export of `test/sql/<file>.cases.ts`. */
export type SqlCases = Statements & Partial<{ [Table in keyof Tables]: Filled<Table> | Small<Table> }[keyof Tables]>

interface Statements {
  /** Calls each function that takes the database, by its name, with arguments that match rows. Users are numbered: take one that no other case changes. */
  statements(context: CaseContext): Record<string, () => Promise<unknown>>
}

interface Filled<Table extends keyof Tables> {
  table: Table
  /** Row number `n`. Most should be ordinary, and a few of each kind that a condition looks for. */
  row(n: number, now: number): Insertable<Tables[Table]>
}

/** A table that does not grow with use may be scanned. */
interface Small<Table extends keyof Tables> {
  table: Table
  small: true
}

export interface CaseContext {
  app: FastifyInstance
  db: Kysely<Tables>
  now: number
}

export const DAY_MS = 86_400_000

/** The id of row `n`, in tables whose ids are UUIDs. */
export const uuid = (n: number) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`

/** The id of the user in row `n`. */
export const userId = (n: number) => n + 1

export const emailOf = (n: number) => `user${n}@plans.example`

const ROOT = join(import.meta.dirname, '../../..')

/** A file of sql/ with its cases, if there are any. */
export interface SqlFile {
  /** `sql/notes.ts` */
  path: string
  /** Its functions that take the database. */
  functions: string[]
  casesPath: string
  cases: SqlCases | undefined
}

export async function sqlFiles(): Promise<SqlFile[]> {
  const withCases = new Set(await readdir(join(ROOT, 'test/sql')))
  const files = (await readdir(join(ROOT, 'sql'))).filter(file => file.endsWith('.ts')).sort()
  return Promise.all(
    files.map(async file => {
      const module: object = await import(`#sql/${file}`)
      const casesFile = file.replace('.ts', '.cases.ts')
      const cases: { default: SqlCases } | undefined = withCases.has(casesFile)
        ? await import(`../../sql/${casesFile}`)
        : undefined
      return {
        path: `sql/${file}`,
        functions: Object.entries(module)
          .filter(takesDatabase)
          .map(([name]) => name),
        casesPath: `test/sql/${casesFile}`,
        cases: cases?.default,
      }
    }),
  )
}

function takesDatabase([, value]: [string, unknown]): boolean {
  return typeof value === 'function' && /^[^(]*\(\s*(db|tx)\b/.test(String(value))
}
