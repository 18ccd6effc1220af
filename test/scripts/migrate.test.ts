// What the command makes of its arguments. The migrations themselves: test/sql/connection/migrations.test.ts.
import t from 'tap'
import { openDatabase } from '#sql/connection/database.ts'
import { pendingMigrations } from '#sql/connection/migrator.ts'
import { unmigratedEnvironment } from '../support/app.ts'
import { run } from '../support/run-script.ts'

t.test('only known arguments touch the database', async t => {
  const env = await unmigratedEnvironment(t)
  const db = await openDatabase(env.DATABASE_URL ?? '')
  t.teardown(() => db.destroy())
  const all = await pendingMigrations(db)
  for (const args of [['undoo'], ['--undo'], ['undo', 'again'], ['']])
    t.same(await run('migrate.ts', args, env), { code: 1, out: '', err: 'Usage: npm run migrate [-- undo]\n' })
  t.match(await run('migrate.ts', ['--help'], env), { code: 0, out: /^Usage: npm run migrate \[-- undo\]\n/, err: '' })
  t.same(await pendingMigrations(db), all, 'nothing was migrated')
  t.match(await run('migrate.ts', [], env), { code: 0, out: `${all.join('\n')}\n` })
  t.match(await run('migrate.ts', ['undo'], env), { code: 0, out: `${all.at(-1)}\n` })
})
