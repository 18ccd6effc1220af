// The OpenID library ends a grant by several statements at the same time, however many records it has.
import { randomUUID } from 'node:crypto'
import t from 'tap'
import { slices } from '#sql/connection/slices.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { deleteRecord, deleteRecordsOf, findRecord, insertRecord } from '#sql/oauth-records.ts'
import { build } from '../support/app.ts'

const record = (model: string, grant_id: string) => ({ id: randomUUID(), model, grant_id, lookup: null, payload: '' })
const MODELS = ['AccessToken', 'AuthorizationCode', 'DeviceCode', 'RefreshToken']

t.test(
  'the records of a grant are deleted by several statements at once, and none is the victim of a deadlock',
  async t => {
    const { db } = await build(t)
    for (let round = 0; round < 20; round++) {
      const grant = randomUUID()
      const records = MODELS.flatMap(model => [record(model, grant), record(model, grant)])
      await Promise.all(records.map(record => insertRecord(db, record, 60_000)))
      await Promise.all([
        ...records.slice(-2).map(({ id }) => deleteRecord(db, id)),
        ...MODELS.map(model => deleteRecordsOf(db, grant, model)),
      ])
      for (const { id } of records) if (await findRecord(db, 'id', id)) t.fail('it is still there')
    }
  },
)

t.test('a grant has more records than a statement takes parameters', async t => {
  const { db } = await build(t)
  const grant = randomUUID()
  const expiring = { consumed_at: null, expires_at: Date.now() + 60_000 }
  const records = Array.from({ length: 33_000 }, () => ({ ...record('AccessToken', grant), ...expiring }))
  await transaction(db, async tx => {
    for (const some of slices(records, 4000)) await tx.insertInto('oauth_records').values(some).execute()
  })
  await deleteRecordsOf(db, grant, 'AccessToken')
  t.same(await db.selectFrom('oauth_records').select('id').where('grant_id', '=', grant).execute(), [])
})
