/** What the pages of contacts are asked with. */
import { type Static, Type } from '@sinclair/typebox'
import { birthdayText } from './birthday-text.ts'
import { CONTACT_FIELDS, type ContactFields, ContactsQuery, contactFields } from './contacts.ts'
import { emptyOr, ListQuery } from './hosted-pages.ts'

export const ContactListQuery = Type.Object({ ...ListQuery.properties, q: ContactsQuery.properties.q })

/** Of the contact as the form shows it. */
const version = Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,8}$' }))

/** A contact as a form has it: every field, the empty ones as empty texts. */
export const ContactForm = Type.Object(
  {
    first_name: emptyOr(contactFields.first_name),
    last_name: emptyOr(contactFields.last_name),
    email: emptyOr(contactFields.email),
    phone_number: emptyOr(contactFields.phone_number),
    birthday: emptyOr(Type.String({ ...birthdayText, 'x-normalize': 'day' })),
    address: emptyOr(contactFields.address),
    notes: emptyOr(contactFields.notes),
    version,
  },
  {
    examples: [
      { first_name: 'Leia', last_name: '', email: '', phone_number: '', birthday: '', address: '', notes: '' },
    ],
    additionalProperties: false,
  },
)

export const ContactDeletionForm = Type.Object({ version }, { additionalProperties: false })

/** The contact that a form describes. */
export function contactIn(form: Static<typeof ContactForm>): ContactFields {
  return Object.fromEntries(CONTACT_FIELDS.map(name => [name, form[name] || null])) as ContactFields
}

/** Which version a form is meant for; any, if it does not say. */
export function versionsIn(form: Static<typeof ContactDeletionForm>): number[] | undefined {
  return form.version === undefined ? undefined : [Number(form.version)]
}
