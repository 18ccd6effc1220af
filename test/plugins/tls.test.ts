// Encrypted connections to MySQL: what is asked for is what happens, or the service does not start.
import { sql } from 'kysely'
import { createConnection } from 'mysql2/promise'
import t from 'tap'
import { build, REAL, type Test } from '../support/app.ts'
import { selfSigned } from '../support/certificates.ts'
import { startMysql } from '../support/servers/index.ts'

const skip = REAL ? false : 'MySQL is of the real profile'
const { cert, key } = REAL ? await selfSigned(t) : { cert: '', key: '' }
const other = REAL ? (await selfSigned(t)).cert : ''
const mysql = REAL ? await startMysql(t, [`--ssl-cert=${cert}`, `--ssl-key=${key}`]) : null

/** Starts the service on a database of that server. Resolves to the cipher of its connection, empty if it is not encrypted. */
async function cipher(t: Test, name: string, query: string, host = 'localhost'): Promise<string> {
  await createDatabase(name)
  const DATABASE_URL = `mysql://root@${host}:${mysql?.port}/${name}${query}`
  const { db } = await build(t, { DATABASE_URL, MIGRATE_ON_START: 'true' })
  const { rows } = await sql<{ Value: string }>`show session status like 'Ssl_cipher'`.execute(db)
  return rows[0]?.Value ?? ''
}

async function createDatabase(name: string): Promise<void> {
  const connection = await createConnection({ host: '127.0.0.1', port: mysql?.port ?? 0, user: 'root' })
  await connection.query(`CREATE DATABASE ${name}`).finally(() => connection.end())
}

t.test('without an ssl-mode the connection to MySQL is not encrypted', { skip }, async t => {
  t.equal(await cipher(t, 'disabled', ''), '')
})

t.test('ssl-mode=REQUIRED encrypts it, whatever the certificate', { skip }, async t => {
  t.not(await cipher(t, 'required', '?ssl-mode=REQUIRED'), '')
})

t.test('ssl-mode=VERIFY_CA and VERIFY_IDENTITY accept the right certificate', { skip }, async t => {
  t.not(await cipher(t, 'verify_ca', `?ssl-mode=VERIFY_CA&ssl-ca=${cert}`, '127.0.0.1'), '')
  t.not(await cipher(t, 'verify_identity', `?ssl-mode=VERIFY_IDENTITY&ssl-ca=${cert}`), '')
})

t.test('a certificate of somebody else prevents the start, in one line', { skip }, async t => {
  for (const mode of ['REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY']) {
    const start = cipher(t, `wrong_${mode.toLowerCase()}`, `?ssl-mode=${mode}&ssl-ca=${other}`)
    await t.rejects(start, {
      name: 'ConfigError',
      message: /^DATABASE_URL: the database cannot be reached \([^\n]+\)$/,
    })
  }
})
