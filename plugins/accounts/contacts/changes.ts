/** New rows of contacts, and changed ones. */
import type { Transaction } from 'kysely'
import { CONTACT_FIELDS, type ContactFields, type ContactRequest } from '#schemas/contacts.ts'
import { errors } from '#schemas/errors.ts'
import { type ContactRow, updateContact } from '#sql/contacts.ts'
import type { Tables } from '#sql/tables.ts'
import { withoutBlanks } from '../../http/validation/blank.ts'
import { columnsOf } from './columns.ts'

export const EMPTY = Object.fromEntries(CONTACT_FIELDS.map(name => [name, null])) as Record<keyof ContactFields, null>

/** Does it say whose contact it is? @param contact without blank texts */
export function hasContent(contact: ContactRequest): boolean {
  const { first_name, last_name, email, phone_number } = contact
  return Boolean(first_name || last_name || email || phone_number)
}

/**
 * The fields without blank texts.
 * @throws contactEmpty
 */
export function requireContent(fields: ContactFields): ContactFields {
  const visible = withoutBlanks(fields)
  if (!hasContent(visible)) throw errors.contactEmpty()
  return visible
}

export function newRow(ids: Pick<ContactRow, 'id' | 'user_id' | 'uid'>, fields: ContactFields): ContactRow {
  const now = Date.now()
  return { ...ids, version: 1, ...fields, ...columnsOf(fields), created_at: now, updated_at: now }
}

/**
 * Changes the given fields of a contact.
 * @param row as it was read
 * @returns the changed row; undefined if it is no longer what was read
 * @throws contactEmpty
 */
export async function changeContact(
  tx: Transaction<Tables>,
  row: ContactRow,
  fields: ContactRequest,
): Promise<ContactRow | undefined> {
  const whole = requireContent({ ...fieldsOf(row), ...fields })
  const change = { ...whole, ...columnsOf(whole) }
  const now = Date.now()
  if (!(await updateContact(tx, row, change, now))) return undefined
  return { ...row, ...change, version: row.version + 1, updated_at: now }
}

export function fieldsOf(row: ContactFields): ContactFields {
  return Object.fromEntries(CONTACT_FIELDS.map(name => [name, row[name]])) as ContactFields
}
