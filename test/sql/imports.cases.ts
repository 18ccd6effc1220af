import { beginImport, findImport, importBatch } from '#sql/imports.ts'
import type { SqlCases } from '../support/sql/cases.ts'

export default {
  table: 'imports',
  small: true,
  statements: ({ db, now }) => ({
    findImport: () => findImport(db, 'unknown'),
    beginImport: () => beginImport(db, 'y'.repeat(64)),
    importBatch: async () => {
      const before = await beginImport(db, 'x'.repeat(64))
      const users = [
        {
          email: 'imported@plans.example',
          password_hash: 'another-hash',
          access_role: 'basic' as const,
          created_at: now,
        },
      ]
      await importBatch(
        db,
        before,
        users.map(user => ({ ...user, id: 5 })),
        async () => ({
          users,
          after: { ...before, position: 1 },
        }),
      )
    },
  }),
} satisfies SqlCases
