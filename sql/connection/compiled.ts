import { type Compilable, CompiledQuery, type Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

/**
 * A query that every request makes, compiled once: to put one together takes longer than to run it.
 * @param build is given placeholders instead of values, and must use each once, in their order
 * @returns runs it with values in their place
 */
export function compiledOnce<Parameters extends unknown[], Row>(
  build: (db: Kysely<Tables>, ...parameters: Parameters) => Compilable<Row>,
): (db: Kysely<Tables>, ...parameters: Parameters) => Promise<Row[]> {
  /** By dialect. */
  const compiled = new WeakMap<object, string>()

  function compile(db: Kysely<Tables>, count: number): string {
    const placeholders = Array.from({ length: count }, (_, i) => `placeholder ${i}`)
    const { sql, parameters } = build(db, ...(placeholders as Parameters)).compile()
    if (String(parameters) !== String(placeholders)) throw new Error(`other parameters than its own: ${sql}`)
    return sql
  }

  return async (db, ...parameters) => {
    const { adapter } = db.getExecutor()
    const sql = compiled.get(adapter) ?? compile(db, parameters.length)
    compiled.set(adapter, sql)
    return (await db.executeQuery<Row>(CompiledQuery.raw(sql, parameters))).rows
  }
}
