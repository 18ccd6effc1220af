/** Vaccinations and their certificate. */
import { Type } from '@sinclair/typebox'
import { count } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    vaccinations: typeof vaccinations
  }
}

export const vaccinations = {
  VACCINATIONS_MAX: Type.Integer({
    default: 100,
    minimum: 1,
    maximum: 1000,
    description: 'Vaccinations per user, whatever was decided about them',
  }),
  VACCINATIONS_PDF_RATE_LIMIT_MAX: count(
    5,
    1,
    'Vaccination certificates as PDF per minute and user, counted in Redis if there is one',
  ),
}
