import { listForeignHashes, recordForeignHash } from '#sql/foreign-hashes.ts'
import type { SqlCases } from '../support/sql/cases.ts'

export default {
  table: 'foreign_hashes',
  small: true,
  statements: ({ db }) => ({
    listForeignHashes: () => listForeignHashes(db),
    recordForeignHash: async () => {
      for (const work of [1, 2]) await recordForeignHash(db, { algorithm: 'plans', work, sample: 'another-hash' })
    },
  }),
} satisfies SqlCases
