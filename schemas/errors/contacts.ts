/** Errors of contacts. */
import { entry } from '../error-entry.ts'

declare module '../errors.ts' {
  interface Catalog {
    contactErrors: typeof contactErrors
  }
}

export const contactErrors = {
  contactEmpty: entry(
    'contact-empty',
    400,
    'The contact has neither a name nor an e-mail address nor a phone number.',
    'Ask for one of them.',
  ),
  contactsFileTooLarge: entry(
    'contacts-file-too-large',
    413,
    'The file exceeds `CONTACTS_IMPORT_MAX_BYTES`.',
    'Export it without pictures, or in parts.',
  ),
  vcardInvalid: entry(
    'vcard-invalid',
    400,
    'The file has no vCard in it.',
    'Send the file that the address book exports as vCard (`.vcf`).',
  ),
  tooManyContacts: entry(
    'too-many-contacts',
    409,
    'The user has the maximum number of contacts (`CONTACTS_MAX`).',
    'Ask the user to delete some that are no longer needed.',
  ),
  preconditionFailed: entry(
    'precondition-failed',
    412,
    'The resource is no longer of the version that `If-Match` names: somebody else has changed it.',
    'Get it again, and apply the change to what it is now.',
  ),
}
