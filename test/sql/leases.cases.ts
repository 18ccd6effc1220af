import { probeWrites, releaseLease, takeLease } from '#sql/leases.ts'
import type { SqlCases } from '../support/sql/cases.ts'

export default {
  table: 'leases',
  small: true,
  statements: ({ db, now }) => ({
    takeLease: () => takeLease(db, 'plans', now),
    probeWrites: () => probeWrites(db),
    releaseLease: () => releaseLease(db, 'plans', now),
  }),
} satisfies SqlCases
