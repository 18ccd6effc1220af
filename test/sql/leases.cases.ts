import { probeWrites, releaseLease, renewLease, takeLease } from '#sql/leases.ts'
import type { SqlCases } from '../support/sql/cases.ts'

export default {
  table: 'leases',
  small: true,
  statements: ({ db, now }) => ({
    takeLease: () => takeLease(db, 'plans', now),
    probeWrites: () => probeWrites(db),
    renewLease: () => renewLease(db, 'plans', now, now + 1),
    releaseLease: () => releaseLease(db, 'plans', now),
  }),
} satisfies SqlCases
