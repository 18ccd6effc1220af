import type { FastifyInstance } from 'fastify'
import type { QueryExecutor } from 'kysely'

/** Counts the statements that match while `run` runs. Every one goes through one method of Kysely, inside and outside of transactions. */
export async function countStatements(
  { db }: Pick<FastifyInstance, 'db'>,
  pattern: RegExp,
  run: () => Promise<unknown>,
): Promise<number> {
  let executor: QueryExecutor = db.getExecutor()
  while (!Object.hasOwn(executor, 'executeQuery')) executor = Object.getPrototypeOf(executor)
  const original = executor.executeQuery
  let count = 0
  executor.executeQuery = function (query, ...rest) {
    if (pattern.test(query.sql)) count++
    return original.call(this, query, ...rest) as never
  }
  await run().finally(() => {
    executor.executeQuery = original
  })
  return count
}
