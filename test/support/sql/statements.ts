import type { CompiledQuery, Kysely } from 'kysely'
import type { Tables } from '#sql/tables.ts'

/** What is sent to the database meanwhile, each text once. */
export async function statementsOf(db: Kysely<Tables>, run: () => Promise<unknown>): Promise<CompiledQuery[]> {
  const statements = new Map<string, CompiledQuery>()
  await watchStatements(db, query => void statements.set(query.sql, query), run)
  return [...statements.values()].filter(query => /^(select|insert|update|delete)/i.test(query.sql))
}

/** Counts the statements that match while `run` runs. */
export async function countStatements(
  { db }: { db: Kysely<Tables> },
  pattern: RegExp,
  run: () => Promise<unknown>,
): Promise<number> {
  let count = 0
  await watchStatements(db, query => void (pattern.test(query.sql) && count++), run)
  return count
}

/** Every statement goes through one method of Kysely, inside and outside of transactions. */
async function watchStatements(
  db: Kysely<Tables>,
  seen: (query: CompiledQuery) => void,
  run: () => Promise<unknown>,
): Promise<void> {
  let executor = db.getExecutor()
  while (!Object.hasOwn(executor, 'executeQuery')) executor = Object.getPrototypeOf(executor)
  const original = executor.executeQuery
  executor.executeQuery = function (query, ...rest) {
    seen(query)
    return original.call(this, query, ...rest) as never
  }
  await run().finally(() => {
    executor.executeQuery = original
  })
}
