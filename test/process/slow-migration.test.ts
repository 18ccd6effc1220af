// A start that waits for another process's migration, or for its own, as long as it takes.
import { DatabaseSync } from 'node:sqlite'
import { createConnection } from 'mysql2/promise'
import t from 'tap'
import { build, call, REAL, type Test, unmigratedEnvironment } from '../support/app.ts'

/** Longer than Fastify lets plugins take by default (ms). */
const MIGRATION_MS = 12_000

/** Holds what a process holds that migrates this database. Resolves to what releases it. */
async function migrateElsewhere(t: Test, url: string): Promise<() => unknown> {
  if (url.startsWith('sqlite:')) {
    const other = new DatabaseSync(url.slice('sqlite:'.length))
    t.teardown(() => other.close())
    other.exec('PRAGMA journal_mode = WAL; BEGIN IMMEDIATE')
    return () => other.exec('ROLLBACK')
  }
  const other = await createConnection(url)
  t.teardown(() => other.end())
  const name = "concat('holocron-', left(sha2(database(), 256), 48))"
  await other.query(`SELECT get_lock(${name}, 0)`)
  return () => other.query(`SELECT release_lock(${name})`)
}

t.test('a start that waits 12 s for another process to migrate says so once, and then serves', async t => {
  const env = await unmigratedEnvironment(t, { LOG_LEVEL: 'info' })
  const release = await migrateElsewhere(t, env.DATABASE_URL ?? '')
  const lines: string[] = []
  const waiting = Promise.withResolvers<void>()
  const log = {
    write(line: string) {
      lines.push(JSON.parse(line).msg)
      if (line.includes('waiting for another process')) waiting.resolve()
    },
  }
  const starting = build(t, env, log)
  await waiting.promise
  setTimeout(release, MIGRATION_MS)
  const app = await starting
  t.equal((await call(app, 'GET', '/films/v1/')).statusCode, 401)
  t.same(
    lines.filter(line => line.includes('migration')),
    ['running migrations', 'waiting for another process to finish its migrations', 'migrations completed'],
  )
})

t.test(
  "another database's migration on the same server delays nothing",
  { skip: !REAL && 'SQLite has files' },
  async t => {
    const [mine, other] = [await unmigratedEnvironment(t), await unmigratedEnvironment(t)]
    await migrateElsewhere(t, other.DATABASE_URL ?? '')
    const lines: string[] = []
    await build(t, { ...mine, LOG_LEVEL: 'info' }, { write: line => void lines.push(line) })
    t.notMatch(lines.join(), 'waiting for another process')
  },
)
