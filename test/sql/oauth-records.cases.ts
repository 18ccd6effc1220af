import { createHash } from 'node:crypto'
import {
  consumeRecord,
  deleteRecord,
  deleteRecordsOf,
  deleteSurplus,
  findRecord,
  insertRecord,
  listGrants,
  saveRecord,
} from '#sql/oauth-records.ts'
import { type SqlCases, uuid } from '../support/sql/cases.ts'

const hash = (n: number) => createHash('sha256').update(String(n)).digest('hex')
const record = (n: number) => ({
  id: hash(n),
  model: 'RefreshToken',
  grant_id: uuid(n),
  lookup: hash(-n),
  payload: 'encrypted',
})

export default {
  table: 'oauth_records',
  row: (n, now) => ({ ...record(n), consumed_at: n % 100 === 0 ? now - 60_000 : null, expires_at: now + 60_000 }),
  statements: ({ db }) => ({
    insertRecord: () => insertRecord(db, record(1_000_001), 1000),
    saveRecord: () => saveRecord(db, record(40), 1000),
    listGrants: () => listGrants(db, [uuid(40), uuid(41)]),
    findRecord: async () => [await findRecord(db, 'id', hash(41)), await findRecord(db, 'lookup', hash(-42))],
    consumeRecord: () => consumeRecord(db, hash(43)),
    deleteRecord: () => deleteRecord(db, hash(44)),
    deleteSurplus: () => deleteSurplus(db, { grant_id: uuid(46), model: 'RefreshToken' }, 1),
    deleteRecordsOf: () => deleteRecordsOf(db, uuid(45), 'RefreshToken'),
  }),
} satisfies SqlCases
