/** Errors of the protected resources. */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    resourceErrors: typeof resourceErrors
  }
}

export const resourceErrors = {
  filmsNotFound: entry(
    'films-not-found',
    404,
    'The service has no films.',
    'Tell the operator: the database has to be loaded with films.',
  ),
}
