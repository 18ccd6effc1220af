import { transaction } from '#sql/connection/transaction.ts'
import {
  countVaccinations,
  decideVaccination,
  deleteVaccination,
  findSameVaccination,
  findVaccination,
  insertVaccination,
  listApprovedVaccinations,
  listVaccinations,
} from '#sql/vaccinations.ts'
import { DAY_MS, type SqlCases, userId, uuid } from '../support/sql/cases.ts'

const GIVEN = {
  first_name: 'Leia',
  last_name: 'Organa',
  national_id: 'AL-1138',
  vaccine: '208',
  dose: 1,
  given_on: '2025-05-25',
  centre: 'Aldera Medical Center',
  lot: null,
  country: 'NO',
}

export default {
  table: 'vaccinations',
  row: (n, now) => ({
    ...GIVEN,
    id: uuid(n),
    user_id: userId(n % 1000),
    status: n % 50 === 0 ? 'pending' : 'approved',
    reason: null,
    decided_by: n % 50 === 0 ? null : userId(7),
    decided_at: n % 50 === 0 ? null : now,
    created_at: now,
  }),
  statements: ({ db, now }) => ({
    insertVaccination: () => transaction(db, tx => insertVaccination(tx, { ...GIVEN, user_id: userId(51) })),
    countVaccinations: () => countVaccinations(db, userId(51)),
    findSameVaccination: () => findSameVaccination(db, { ...GIVEN, user_id: userId(51) }),
    findVaccination: async () => {
      await findVaccination(db, { id: uuid(51), user_id: userId(51) })
      await findVaccination(db, { id: uuid(51) })
    },
    listVaccinations: async () => {
      const own = { user_id: userId(51) }
      const period = { from: now - DAY_MS, to: now }
      const filters = [own, { status: 'pending' }, { ...own, status: 'approved' }, period, {}] as const
      for (const filter of filters)
        for (const before of [undefined, uuid(1051)]) await listVaccinations(db, filter, 20, before)
    },
    listApprovedVaccinations: () => listApprovedVaccinations(db, userId(51)),
    decideVaccination: async () => {
      const decision = { reason: null, decided_by: userId(7) }
      for (const status of ['approved', 'withdrawn'] as const)
        await transaction(db, tx =>
          decideVaccination(tx, { id: uuid(50), user_id: userId(50) }, { status, ...decision }),
        )
    },
    deleteVaccination: () => transaction(db, tx => deleteVaccination(tx, userId(51), uuid(1051))),
  }),
} satisfies SqlCases
