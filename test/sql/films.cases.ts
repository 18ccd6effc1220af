import { listFilms } from '#sql/films.ts'
import type { SqlCases } from '../support/sql/cases.ts'

export default {
  table: 'films',
  small: true,
  statements: ({ db }) => ({
    listFilms: () => listFilms(db),
  }),
} satisfies SqlCases
