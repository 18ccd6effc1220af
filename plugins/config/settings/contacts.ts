/** Contacts. */
import { count } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    contacts: typeof contacts
  }
}

export const contacts = {
  CONTACTS_MAX: count(10_000, 1, 'Contacts that a user may have'),
  CONTACTS_RATE_LIMIT_MAX: count(
    10,
    1,
    'Requests per minute and user that list or search contacts, as many that create or import some, and as many exports; counted in Redis if there is one',
  ),
  CONTACTS_IMPORT_MAX_BYTES: count(33_554_432, 1024, 'Maximum size of a file of contacts (bytes)'),
}
