/** Contacts as vCards. @see https://www.rfc-editor.org/rfc/rfc6350 @see https://www.rfc-editor.org/rfc/rfc2426 */
import type { CardVersion, ContactFields } from '#schemas/contacts.ts'
import type { ContactRow } from '#sql/contacts.ts'

/** A property of jCard. @see https://www.rfc-editor.org/rfc/rfc7095#section-3.3 */
type Property = [name: string, parameters: Record<string, string>, type: string, value: string | string[]]

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** The year that Apple's address books write where none is known, and they say so. vCard 3.0 has no form for it. */
const NO_YEAR = '1604'

/** Bytes of a line but for the space that a folded one begins with. */
const LINE_MAX = 74

/** Loads the library, which is needed for no other request. */
export async function cardWriter(version: CardVersion): Promise<(row: ContactRow) => string> {
  const { default: ICAL } = await import('ical.js')
  ICAL.foldLength = LINE_MAX
  const properties = version === '4.0' ? properties4 : properties3
  return row => {
    const all: Property[] = [['version', {}, 'text', version], ...properties(row), ...common(row)]
    return `${new ICAL.Component(['vcard', all, []]).toString()}\r\n`
  }
}

function common({ first_name, last_name, email, phone_number, address, notes }: ContactFields): Property[] {
  const name = [first_name, last_name].filter(Boolean).join(' ')
  const optional = (property: string, type: string, value: string | string[] | null): Property[] =>
    value === null ? [] : [[property, {}, type, value]]
  return [
    ['fn', {}, 'text', name || email || phone_number || ''],
    ['n', {}, 'text', [last_name ?? '', first_name ?? '', '', '', '']],
    ...optional('email', 'text', email),
    ...optional('adr', 'text', address === null ? null : ['', '', address, '', '', '', '']),
    ...optional('note', 'text', notes),
  ]
}

function properties4({ uid, phone_number, birthday }: ContactRow): Property[] {
  return [
    UUID.test(uid) ? ['uid', {}, 'uri', `urn:uuid:${uid}`] : ['uid', {}, 'text', uid],
    ...(phone_number ? [['tel', {}, 'text', phone_number] satisfies Property] : []),
    ...(birthday ? [['bday', {}, 'date-and-or-time', birthday] satisfies Property] : []),
  ]
}

function properties3({ uid, phone_number, birthday }: ContactRow): Property[] {
  const [parameters, day] = birthday?.startsWith('--')
    ? [{ 'x-apple-omit-year': NO_YEAR }, `${NO_YEAR}${birthday.slice(1)}`]
    : [{}, birthday]
  return [
    ['uid', {}, 'text', uid],
    ...(phone_number ? [['tel', {}, 'phone-number', phone_number] satisfies Property] : []),
    ...(day ? [['bday', parameters, 'date', day] satisfies Property] : []),
  ]
}
