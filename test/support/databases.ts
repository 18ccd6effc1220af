/**
 * A database for each test. Migrating one takes MySQL longer than most tests take, so the suite's runner migrates a template
 * (TEST_TEMPLATE_URL): on SQLite it is copied, on a server a test's database is emptied for the next test of the process. Without a
 * template every database is empty at first, and the service migrates it.
 */
import { randomBytes } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import type { Connection, RowDataPacket } from 'mysql2/promise'
import { openDatabase } from '#sql/connection/database.ts'
import { migrate } from '#sql/connection/migrator.ts'
import { until } from './until.ts'

const SERVER = process.env.TEST_DATABASE_URL
const TEMPLATE = process.env.TEST_TEMPLATE_URL

/** Databases of this process that no test uses. */
const free: string[] = []

/** Migrates the database that tests get copies of. */
export async function makeTemplate(url: string): Promise<void> {
  const db = await openDatabase(url)
  await migrate(db).finally(() => db.destroy())
}

/** Creates a database on a server. Returns its name. */
export async function createDatabase(server: string): Promise<string> {
  const name = `holocron_test_${randomBytes(6).toString('hex')}`
  await onServer(server, connection => connection.query(`CREATE DATABASE ${name}`))
  return name
}

export function dropDatabase(server: string, name: string): Promise<unknown> {
  return onServer(server, connection => connection.query(`DROP DATABASE IF EXISTS ${name}`))
}

export function databaseOn(server: string, name: string): string {
  return new URL(`/${name}`, server).href
}

/** An empty SQLite file in this folder, or an empty database of the server; gone when the test ends. */
export async function emptyDatabase(t: { teardown(cleanUp: () => unknown): void }, folder: string): Promise<string> {
  if (!SERVER) return fileIn(folder)
  const name = await createDatabase(SERVER)
  t.teardown(() => dropDatabase(SERVER, name))
  return databaseOn(SERVER, name)
}

/** The same, migrated if there is a template. */
export async function testDatabase(t: { teardown(cleanUp: () => unknown): void }, folder: string): Promise<string> {
  if (!TEMPLATE) return emptyDatabase(t, folder)
  if (!SERVER) {
    await copyFile(new URL(TEMPLATE).pathname, `${folder}/holocron.db`)
    return fileIn(folder)
  }
  const name = free.pop() ?? (await createDatabase(SERVER))
  t.teardown(() => giveBack(SERVER, TEMPLATE, name))
  return databaseOn(SERVER, name)
}

const fileIn = (folder: string) => `sqlite:${folder}/holocron.db`

/** Empties the database for the next test; drops it if a test has changed its tables. */
async function giveBack(server: string, templateUrl: string, name: string): Promise<void> {
  const template = new URL(templateUrl).pathname.slice(1)
  const reusable = await onServer(server, async connection => {
    await endConnections(connection, name)
    templateTables ??= await tablesOf(connection, template)
    if (JSON.stringify(await tablesOf(connection, name)) !== JSON.stringify(templateTables)) return false
    const restore = Object.keys(templateTables).map(
      table => `DELETE FROM ${name}.${table}; INSERT INTO ${name}.${table} SELECT * FROM ${template}.${table}`,
    )
    // Together, so that the server writes to its disk once.
    await connection.query(['SET foreign_key_checks = 0', 'START TRANSACTION', ...restore, 'COMMIT'].join(';'))
    return true
  })
  if (reusable) free.push(name)
  else await dropDatabase(server, name)
}

let templateTables: Record<string, string> | undefined

/** What a service of the test that was killed has left running must not reach the next test. */
async function endConnections(connection: Connection, database: string): Promise<void> {
  const query = 'SELECT id AS id FROM information_schema.processlist WHERE db = ?'
  await until(async () => {
    const [left] = await connection.query<RowDataPacket[]>(query, [database])
    // It may have ended meanwhile.
    for (const { id } of left) await connection.query(`KILL ${id}`).catch(() => {})
    return left.length === 0
  })
}

/** The statements that create the tables, by name. A next id far off is part of them, since tests expect small ones. */
async function tablesOf(connection: Connection, database: string): Promise<Record<string, string>> {
  const [names] = await connection.query<RowDataPacket[]>(
    'SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name',
    [database],
  )
  const tables: Record<string, string> = {}
  for (const { name } of names) {
    const [[row]] = await connection.query<RowDataPacket[]>(`SHOW CREATE TABLE ${database}.${name}`)
    tables[name] = String(row?.['Create Table']).replace(/ AUTO_INCREMENT=\d{1,4}\b/, '')
  }
  return tables
}

/** Until the server is restarted, commits do not wait for its disk: only a power cut would lose what the suite writes. */
export function stopWaitingForDisk(server: string): Promise<unknown> {
  return onServer(server, connection =>
    connection.query('SET GLOBAL innodb_flush_log_at_trx_commit = 2, GLOBAL sync_binlog = 0'),
  )
}

async function onServer<T>(server: string, use: (connection: Connection) => Promise<T>): Promise<T> {
  // Loaded here: tests on SQLite do without.
  const { createConnection } = await import('mysql2/promise')
  const connection = await createConnection({ uri: server, multipleStatements: true })
  return use(connection).finally(() => connection.end())
}

// Once nothing is left to do: a process has no later moment in which it can wait.
process.once('beforeExit', async () => {
  for (const name of free.splice(0)) await dropDatabase(SERVER ?? '', name)
})
