/** Errors of the protected resources. */
import { entry } from './entry.ts'

export const resourceErrors = {
  filmsNotFound: entry(
    'films-not-found',
    404,
    'The service has no films.',
    'Tell the operator: the database has to be loaded with films.',
  ),
}
