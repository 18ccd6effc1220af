// The embedded database's files hold personal data: other users of the machine cannot read them.
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import t from 'tap'
import { openSqlite } from '#sql/connection/database.ts'

t.test('a database is created for its owner only', { skip: process.platform === 'win32' }, async t => {
  const before = process.umask(0o022)
  t.teardown(() => void process.umask(before))
  const folder = join(t.testdir(), 'data')
  const db = openSqlite(`sqlite:${folder}/holocron.db`)
  t.teardown(() => db.destroy())
  await sql`create table notes (id integer)`.execute(db)
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
  t.equal(await modeOf(folder), '700')
  const files = await readdir(folder)
  t.same(files.sort(), ['holocron.db', 'holocron.db-shm', 'holocron.db-wal'])
  for (const file of files) t.equal(await modeOf(join(folder, file)), '600', file)
})
