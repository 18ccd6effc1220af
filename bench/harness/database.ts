/** A database as the service opens it, for baselines that run its statements alone. */
import { Kysely } from 'kysely'
import { createPool } from 'mysql2'
import { openSqlite } from '../../sql/connection/database.ts'
import { migrate } from '../../sql/connection/migrator.ts'
import { mysqlDialect, POOL_OPTIONS } from '../../sql/connection/mysql.ts'
import type { Tables } from '../../sql/tables.ts'
import type { Run } from './rounds.ts'

export async function openMigrated(url: string): Promise<Kysely<Tables>> {
  const db = open(url)
  await migrate(db)
  return db
}

/** As plugins/db.ts does: ten connections. */
function open(url: string): Kysely<Tables> {
  if (url.startsWith('sqlite:')) return openSqlite(url)
  const pool = createPool({ uri: url, connectionLimit: 10, ...POOL_OPTIONS })
  return new Kysely<Tables>({ dialect: mysqlDialect(pool, { acquire: 30_000, statement: 2500 }) })
}

/** Lets the workers repeat their work at the same time, so many times in all. */
export async function inTurns(workers: (() => Promise<void>)[], amount: number): Promise<Run> {
  let left = amount
  const started = performance.now()
  await Promise.all(
    workers.map(async again => {
      while (left-- > 0) await again()
    }),
  )
  return { count: amount, seconds: (performance.now() - started) / 1000 }
}
