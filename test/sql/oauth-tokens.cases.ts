import { createHash } from 'node:crypto'
import { findToken } from '#sql/oauth-tokens.ts'
import type { SqlCases } from '../support/sql/cases.ts'

export default {
  statements: ({ db }) => ({
    findToken: () => findToken(db, createHash('sha256').update('41').digest('hex')),
  }),
} satisfies SqlCases
