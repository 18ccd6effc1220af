import t from 'tap'
import { compiledOnce } from '#sql/connection/compiled.ts'
import { openDatabase } from '#sql/connection/database.ts'
import { build, environment } from '../../support/app.ts'

const env = await environment(t)
await build(t, env)
const db = await openDatabase(env.DATABASE_URL ?? '')
t.teardown(() => db.destroy())

t.test('a query that is compiled once takes other values each time, in transactions too', async t => {
  let compilations = 0
  const titled = compiledOnce((db, title: string, id: number) => {
    compilations++
    return db.selectFrom('films').select('id').where('title', '=', title).where('id', '!=', id)
  })
  t.equal((await titled(db, 'A New Hope', 0)).length, 1)
  t.same(await titled(db, 'A New Hope', Number((await titled(db, 'A New Hope', 0))[0]?.id)), [])
  await db.transaction().execute(async tx => t.same(await titled(tx, "' or '' = '", 0), []))
  t.equal(compilations, 1)
})

t.test('a value of its own would be repeated for ever: such a query is refused', async t => {
  const one = compiledOnce(db => db.selectFrom('films').select('id').where('id', '=', Date.now()))
  await t.rejects(one(db), /other parameters/)
  const swapped = compiledOnce((db, first: string, second: string) =>
    db.selectFrom('films').select('id').where('title', '=', second).where('title', '=', first),
  )
  await t.rejects(swapped(db, 'a', 'b'), /other parameters/)
})
