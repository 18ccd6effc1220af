// app.db: Kysely on MySQL (over @fastify/mysql's pool) or on an embedded SQLite file. Runs pending migrations at startup if configured to.
import mysql, { type MySQLPool } from '@fastify/mysql'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Kysely, sql } from 'kysely'
import { openDatabase, openSqlite } from '#sql/connection/database.ts'
import { migrate, PreReleaseDatabase, pendingMigrations } from '#sql/connection/migrator.ts'
import { mysqlDialect, POOL_OPTIONS } from '#sql/connection/mysql.ts'
import type { Tables } from '#sql/tables.ts'
import { ConfigError } from './config/index.ts'

declare module 'fastify' {
  interface FastifyInstance {
    db: Kysely<Tables>
    /** Statements waiting for a free connection; always none with the embedded database. */
    dbQueue: Readonly<{ waiting: number }>
    mysql?: MySQLPool
  }
}

/** Timeouts (ms): a response is sent within 5 s even while the database hangs. */
const TIMEOUTS_MS = { acquire: 1500, statement: 2500 }

export default fp(
  async app => {
    const { DATABASE_URL, MIGRATE_ON_START } = app.config
    const embedded = DATABASE_URL.startsWith('sqlite:')
    const queue = { waiting: 0 }
    const db = embedded ? openEmbedded(DATABASE_URL) : await openPool(app, queue)
    app.decorate('db', db)
    app.decorate('dbQueue', queue)
    app.addHook('onClose', () => db.destroy())
    app.health.add('database', {
      whenDown: 'unavailable',
      check: async () => sql`select 1`.execute(db).then(() => 'up'),
    })

    const pending = await pendingMigrations(db).catch(asConfigError)
    if (pending.length === 0) return
    if (!embedded && !MIGRATE_ON_START) {
      throw new ConfigError(
        `DATABASE_URL: the database lacks ${pending.join(', ')}. Run \`npm run migrate\`, or set MIGRATE_ON_START=true`,
      )
    }
    if (embedded) await migrate(db)
    else await migrateWithoutTimeouts(DATABASE_URL)
  },
  { name: 'db', dependencies: ['config', 'health'] },
)

function asConfigError(error: unknown): never {
  throw error instanceof PreReleaseDatabase ? new ConfigError(`DATABASE_URL: ${error.message}`) : error
}

function openEmbedded(url: string): Kysely<Tables> {
  try {
    return openSqlite(url)
  } catch (error) {
    throw new ConfigError(`DATABASE_URL: the file cannot be opened (${(error as Error).message})`)
  }
}

async function openPool(app: FastifyInstance, queue: { waiting: number }): Promise<Kysely<Tables>> {
  const { DATABASE_URL: uri, DATABASE_POOL_SIZE: connectionLimit } = app.config
  try {
    await app.register(mysql, { type: 'pool', uri, connectionLimit, ...POOL_OPTIONS })
  } catch (error) {
    throw new ConfigError(`DATABASE_URL: the database cannot be reached (${(error as Error).message})`)
  }
  if (!app.mysql) throw new Error('DATABASE_URL: no pool')
  const { pool } = app.mysql
  const db = new Kysely<Tables>({ dialect: mysqlDialect(pool, TIMEOUTS_MS, queue) })
  // @fastify/mysql tests a connection, which misses our session settings and would wait for locks for a minute.
  await new Promise<void>(resolve => pool.getConnection((_error, tested) => resolve(tested?.destroy())))
  // Closing connections to a database that hangs fails, which must not fail the shutdown.
  const end = pool.end.bind(pool)
  pool.end = done => end(() => done?.(null))
  return db
}

/** A migration, or waiting for another process's, may take longer than a request's statement. */
async function migrateWithoutTimeouts(url: string): Promise<void> {
  const db = await openDatabase(url)
  await migrate(db).finally(() => db.destroy())
}
