// app.db: Kysely on MySQL (over @fastify/mysql's pool) or on an embedded SQLite file. Runs pending migrations at startup if configured to.
import mysql, { type MySQLPool } from '@fastify/mysql'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Kysely, type LogEvent, sql } from 'kysely'
import { openDatabase, openSqlite } from '#sql/connection/database.ts'
import { refusesWrites } from '#sql/connection/errors.ts'
import { migrate, PreReleaseDatabase, pendingMigrations } from '#sql/connection/migrator.ts'
import { mysqlDialect, POOL_OPTIONS } from '#sql/connection/mysql.ts'
import { parseMysqlUrl } from '#sql/connection/mysql-url.ts'
import { probeWrites } from '#sql/leases.ts'
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
    const writes = { refused: false }
    const log = (event: LogEvent) => {
      if (event.level === 'error' && refusesWrites(event.error)) writes.refused = true
      app.traces?.statement(event)
    }
    const db = embedded ? openEmbedded(DATABASE_URL, log) : await openPool(app, queue, log)
    app.decorate('db', db)
    app.decorate('dbQueue', queue)
    app.addHook('onClose', () => db.destroy())
    app.health.add('database', {
      whenDown: 'unavailable',
      async check() {
        await sql`select 1`.execute(db)
        // A full disk still reads. Once a write has failed, only a write tells whether it is over.
        if (writes.refused) await probeWrites(db)
        writes.refused = false
        return 'up' as const
      },
    })

    const pending = await pendingMigrations(db).catch(asConfigError)
    if (pending.length === 0) return
    if (!embedded && !MIGRATE_ON_START) {
      throw new ConfigError(
        `DATABASE_URL: the database lacks ${pending.join(', ')}. Run \`npm run migrate\`, or set MIGRATE_ON_START=true`,
      )
    }
    const startedAt = performance.now()
    app.log.info({ migrations: pending }, 'running migrations')
    const onWait = () => app.log.info('waiting for another process to finish its migrations')
    const done = embedded ? await migrate(db, onWait) : await migrateWithoutTimeouts(DATABASE_URL, onWait)
    app.log.info({ migrations: done, ms: Math.round(performance.now() - startedAt) }, 'migrations completed')
  },
  // What is tracked and traced is sent when everything else has stopped, and the database is the last to.
  { name: 'db', dependencies: ['config', 'error-tracking', 'health', 'traces'] },
)

function asConfigError(error: unknown): never {
  throw error instanceof PreReleaseDatabase ? new ConfigError(`DATABASE_URL: ${error.message}`) : error
}

function openEmbedded(url: string, log: (event: LogEvent) => void): Kysely<Tables> {
  try {
    return openSqlite(url, log)
  } catch (error) {
    throw new ConfigError(`DATABASE_URL: the file cannot be opened (${(error as Error).message})`)
  }
}

async function openPool(
  app: FastifyInstance,
  queue: { waiting: number },
  log: (event: LogEvent) => void,
): Promise<Kysely<Tables>> {
  const { DATABASE_URL, DATABASE_POOL_SIZE: connectionLimit } = app.config
  try {
    await app.register(mysql, {
      type: 'pool',
      ...parseMysqlUrl(DATABASE_URL),
      connectionLimit,
      ...POOL_OPTIONS,
    })
  } catch (error) {
    throw new ConfigError(`DATABASE_URL: the database cannot be reached (${(error as Error).message})`)
  }
  if (!app.mysql) throw new Error('DATABASE_URL: no pool')
  const { pool } = app.mysql
  const db = new Kysely<Tables>({ dialect: mysqlDialect(pool, TIMEOUTS_MS, queue), log })
  // @fastify/mysql tests a connection, which misses our session settings and would wait for locks for a minute.
  await new Promise<void>(resolve => pool.getConnection((_error, tested) => resolve(tested?.destroy())))
  // Closing connections to a database that hangs fails, which must not fail the shutdown.
  const end = pool.end.bind(pool)
  pool.end = done => end(() => done?.(null))
  return db
}

/** A migration, or waiting for another process's, may take longer than a request's statement. */
async function migrateWithoutTimeouts(url: string, onWait: () => void): Promise<string[]> {
  const db = await openDatabase(url)
  return migrate(db, onWait).finally(() => db.destroy())
}
