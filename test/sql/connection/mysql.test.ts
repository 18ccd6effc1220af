import { type EventEmitter, once } from 'node:events'
import { sql } from 'kysely'
import t from 'tap'
import { build, REAL } from '../../support/app.ts'
import { until } from '../../support/until.ts'

interface Pool extends EventEmitter {
  _allConnections: { length: number; get(i: number): { promise(): { query(sql: string): Promise<[object[]]> } } }
  _freeConnections: { length: number }
}

t.test(
  'every connection waits for locks no longer than its client, and reads only what is committed: the first one too',
  { skip: !REAL },
  async t => {
    const app = await build(t)
    // Looked at from within: the one that was opened first is the last to be used.
    const { pool } = app.mysql as unknown as { pool: Pool }
    const all = pool._allConnections
    // One that is still being opened would get this test's query before its settings.
    while (pool._freeConnections.length < all.length) await once(pool, 'release')
    t.ok(all.length > 0)
    for (let i = 0; i < all.length; i++) {
      const [rows] = await all
        .get(i)
        .promise()
        .query(`SHOW SESSION VARIABLES WHERE variable_name IN
        ('innodb_lock_wait_timeout', 'time_zone', 'tx_isolation', 'transaction_isolation')`)
      const values = rows.map(row => Object.values(row).join(' ')).sort()
      t.match(values.join(', '), /^innodb_lock_wait_timeout 2, time_zone \+00:00, t\w+_isolation READ-COMMITTED/)
    }
  },
)

t.test('a statement that took too long for its client ends in the database too', { skip: !REAL }, async t => {
  const app = await build(t)
  await t.rejects(sql`select sleep(60) as endless`.execute(app.db), { code: 'DATABASE_TIMEOUT' })
  const running = async () => {
    const query = sql`select id from information_schema.processlist where info like 'select sleep(60) as endless%'`
    return (await query.execute(app.db)).rows.length
  }
  t.equal(await running(), 1)
  await until(async () => (await running()) === 0)
})
