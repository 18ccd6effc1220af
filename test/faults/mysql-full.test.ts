// A MySQL whose disk is full: its tablespace may not grow.
import { createConnection } from 'mysql2/promise'
import t from 'tap'
import { build, call, codeOf, newEmail, PASSWORD, REAL } from '../support/app.ts'
import { startMysql } from '../support/servers/index.ts'

const TABLESPACE = ['--innodb-file-per-table=0', '--innodb-data-file-path=ibdata1:12M:autoextend:max:40M']
const mysql = REAL ? await startMysql(t, TABLESPACE) : null
const skip = mysql ? false : 'MySQL is of the real profile'

t.test('a full disk is 503, with its reason in the log', { skip }, async t => {
  const other = await createConnection(mysql?.url ?? '')
  t.teardown(() => other.end())
  await other.query('CREATE DATABASE full')
  const lines: { err?: { code?: string } }[] = []
  const log = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const env = { DATABASE_URL: `${mysql?.url}full`, MIGRATE_ON_START: 'true', LOG_LEVEL: 'warn' }
  const app = await build(t, env, log)
  const signUp = async () => {
    const response = await call(app, 'POST', '/users/v1/signup', { payload: { email: newEmail(), password: PASSWORD } })
    return codeOf(response) ?? response.statusCode
  }

  t.equal(await signUp(), 200)
  await other.query('CREATE TABLE full.filler (data LONGBLOB)')
  for (const size of [4_000_000, 100_000, 20_000]) {
    while (await fill(size));
  }
  let outcome: unknown
  for (let i = 0; i < 2000 && outcome !== 'service-unavailable'; i++) outcome = await signUp()
  t.equal(outcome, 'service-unavailable')
  t.match(lines.at(-1)?.err?.code, 'ER_RECORD_FILE_FULL')

  /** Whether there was still room. */
  function fill(bytes: number): Promise<boolean> {
    return other.query('INSERT INTO full.filler VALUES (REPEAT("x", ?))', [bytes]).then(
      () => true,
      () => false,
    )
  }
})
