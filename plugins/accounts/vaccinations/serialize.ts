import type { Vaccination } from '#schemas/vaccinations.ts'
import { VACCINES } from '#schemas/vaccines.ts'
import type { VaccinationRow } from '#sql/vaccinations.ts'

export function serialize({ created_at, decided_at, ...row }: VaccinationRow): Vaccination {
  return {
    ...row,
    vaccine_name: nameOf(row.vaccine),
    decided: decided_at === null ? null : new Date(decided_at).toISOString(),
    created: new Date(created_at).toISOString(),
  }
}

/** A code that a later version of the list has dropped stands for itself. */
export function nameOf(vaccine: string): string {
  return VACCINES.get(vaccine) ?? vaccine
}
