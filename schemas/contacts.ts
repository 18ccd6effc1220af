import type { Readable } from 'node:stream'
import { type Static, Type } from '@sinclair/typebox'
import { birthdayText } from './birthday-text.ts'
import { line, nullable, timestamp, uuid, uuidInPath } from './common.ts'
import { NextCursor, pageQuery } from './pages.ts'
import { oneOf, ref } from './ref.ts'

const strict = { additionalProperties: false }

const lines = (maxLength: number, description: string, example: string) =>
  nullable(
    Type.String({
      'x-normalize': 'lines',
      minLength: 1,
      maxLength,
      pattern: '^(?:[^\\p{Cc}\\p{Cs}]|[\\n\\t])*$',
      examples: [example],
    }),
    { description },
  )

/** What is kept of a contact. */
export const contactFields = {
  first_name: line(100, 'First name.', 'Leia'),
  last_name: line(100, 'Last name, or the name of an organization.', 'Organa'),
  email: nullable(
    Type.String({
      minLength: 1,
      maxLength: 254,
      pattern: '^[^\\s\\p{Cc}\\p{Cs}@]+@[^\\s\\p{Cc}\\p{Cs}@]+$',
      'x-problem': 'must be an e-mail address of at most 254 characters',
      examples: ['leia@alderaan.example'],
    }),
    { description: 'E-mail address: something on both sides of one @, without spaces.' },
  ),
  phone_number: line(64, 'Phone number, as it was typed: any text is valid.', '+47 22 33 44 55'),
  birthday: nullable(Type.String(birthdayText), {
    description: 'Birthday: `YYYY-MM-DD`, or `--MM-DD` if the year is not known.',
  }),
  address: lines(500, 'Postal address. It may have several lines.', 'Royal Palace, Aldera'),
  notes: lines(2000, 'Notes. They may have several lines.', 'Met at the cantina'),
}

const ContactFields = Type.Object(contactFields)
export type ContactFields = Static<typeof ContactFields>

export const CONTACT_FIELDS = Object.keys(contactFields) as (keyof ContactFields)[]

export const ContactRequest = Type.Partial(ContactFields, {
  $id: 'ContactRequest',
  description: 'A name, an e-mail address or a phone number is required.',
  examples: [
    { first_name: 'Leia', last_name: 'Organa', email: 'leia@alderaan.example', birthday: '1956-10-21' },
    { phone_number: '+47 22 33 44 55' },
  ],
  ...strict,
})
export type ContactRequest = Static<typeof ContactRequest>

export const Contact = Type.Object(
  {
    id: uuid('Unique identifier of the contact.'),
    version: Type.Integer({
      minimum: 1,
      description: 'Grows with each change. In quotes it is the `ETag`, which `If-Match` takes.',
      examples: [1],
    }),
    ...contactFields,
    created: timestamp('When the contact was created.'),
    updated: timestamp('When the contact was last changed.'),
  },
  { $id: 'Contact', ...strict },
)
export type Contact = Static<typeof Contact>

export const Contacts = Type.Object(
  { results: Type.Array(ref(Contact)), next_cursor: NextCursor },
  { $id: 'Contacts', ...strict },
)
export type Contacts = Static<typeof Contacts>

export const ContactSort = oneOf(['name', '-name', 'created', '-created'], {
  $id: 'ContactSort',
  default: 'name',
  description: 'By last name and first name, or by time of creation; with `-`, descending.',
})

export const ContactsQuery = Type.Object(
  {
    ...pageQuery,
    q: Type.Optional(
      Type.String({
        maxLength: 100,
        pattern: '^[^\\p{Cc}\\p{Cs}]*$',
        description:
          'Only return contacts in whose names, e-mail address or phone number each of these words occurs, whatever its case and accents.',
        examples: ['organa'],
      }),
    ),
    sort: Type.Optional(ref(ContactSort)),
  },
  strict,
)
export type ContactsQuery = Static<typeof ContactsQuery>

export const ContactParams = Type.Object({ contact_id: uuidInPath('The identifier of the contact.') })

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1 */
export const IfMatch = Type.Object({
  'if-match': Type.Optional(
    Type.String({
      description:
        'The `ETag` of the version that the change is meant for. If the contact is of another by now, nothing is changed, and the response is 412.',
      examples: ['"1"'],
    }),
  ),
})

const ETag = { type: 'string', description: 'The version of the contact, for `If-Match`.' }
const Location = { type: 'string', description: 'The URL of the contact.' }

/** A contact as a response, with its version. */
export const contactResponse = (description: string, headers: Record<string, object> = { ETag }) =>
  Type.Unsafe<Contact>({ $ref: `${Contact.$id}#`, description, headers })
export const createdContact = contactResponse('The new contact.', { ETag, Location })

export const Birthday = Type.Object(
  {
    ...Contact.properties,
    next_birthday: Type.String({ description: 'The day of the birthday.', examples: ['2026-10-21'] }),
    age: nullable(Type.Integer({ minimum: 0, examples: [70] }), {
      description: 'The age that the contact turns then; `null` if the year of birth is not known.',
    }),
  },
  { $id: 'Birthday', ...strict },
)
export type Birthday = Static<typeof Birthday>

export const Birthdays = Type.Object(
  { results: Type.Array(ref(Birthday)), next_cursor: NextCursor },
  { $id: 'Birthdays', ...strict },
)
export type Birthdays = Static<typeof Birthdays>

export const LeapDay = oneOf(['02-28', '03-01'], {
  $id: 'LeapDay',
  default: '02-28',
  description: 'When a birthday on 29 February is in years without one.',
})
export type LeapDay = Static<typeof LeapDay>

export const BirthdaysQuery = Type.Object(
  {
    ...pageQuery,
    days: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 365,
        default: 7,
        description: 'How many days to look ahead, besides today.',
        examples: [7],
      }),
    ),
    tz: Type.Optional(
      Type.String({
        maxLength: 64,
        pattern: '^[A-Za-z0-9_+/-]+$',
        default: 'UTC',
        description: 'Time zone that decides which day today is (IANA).',
        examples: ['Europe/Oslo'],
      }),
    ),
    leap_day: Type.Optional(ref(LeapDay)),
  },
  strict,
)
export type BirthdaysQuery = Static<typeof BirthdaysQuery>

export const CARD_EXAMPLE = [
  'BEGIN:VCARD',
  'VERSION:4.0',
  'UID:urn:uuid:01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80',
  'FN:Leia Organa',
  'N:Organa;Leia;;;',
  'EMAIL:leia@alderaan.example',
  'BDAY:19561021',
  'END:VCARD',
  '',
].join('\r\n')

/** The registered media type of vCards, and those of before it. */
export const CARD_TYPES = ['text/vcard', 'text/x-vcard', 'text/directory']

const file = { description: 'vCards 4.0, 3.0 or 2.1, one after the other.', type: 'string' }
const cardForm = { schema: { type: 'object', properties: { file }, additionalProperties: false } }

/** The form of a page. What is validated are its fields besides the file. */
export const CardPageBody = { content: { 'multipart/form-data': cardForm } }

/** The file, or a form with the file in its field `file`. */
export const CardBody = {
  content: {
    ...Object.fromEntries(CARD_TYPES.map(type => [type, { schema: { ...file, examples: [CARD_EXAMPLE] } }])),
    ...CardPageBody.content,
  },
}

export const CardProblem = Type.Object(
  {
    line: Type.Integer({ minimum: 1, description: 'The line of the file.', examples: [7] }),
    problem: oneOf(['unreadable', 'unfinished', 'too-large', 'empty', 'limit-reached', 'left-out'], {
      description:
        '`left-out`: the contact is in, but for this value. In all other cases the card is not: it is not a vCard, has no end, is too large, ' +
        'has neither a name nor an e-mail address nor a phone number, or is beyond `CONTACTS_MAX`.',
    }),
    field: Type.Optional(Type.String({ description: 'What was left out.', examples: ['birthday'] })),
  },
  { $id: 'CardProblem', ...strict },
)
export type CardProblem = Static<typeof CardProblem>

const number = (description: string, example: number) => Type.Integer({ minimum: 0, description, examples: [example] })

export const ImportedContacts = Type.Object(
  {
    created: number('New contacts.', 12),
    updated: number('Contacts that the user had, and that a card has changed.', 1),
    unchanged: number('Contacts that the user had like that.', 3),
    failed: number('Cards that are not in.', 1),
    problems: Type.Array(ref(CardProblem), { description: 'The first 100 of them.' }),
  },
  { $id: 'ImportedContacts', ...strict },
)
export type ImportedContacts = Static<typeof ImportedContacts>

export const CardVersion = oneOf(['4.0', '3.0'], {
  $id: 'CardVersion',
  default: '4.0',
  description: 'Of vCard. Older address books want 3.0.',
})
export type CardVersion = Static<typeof CardVersion>

export const ExportQuery = Type.Object({ version: Type.Optional(ref(CardVersion)) }, strict)

/** OpenAPI needs the media type here: no schema describes it. */
export const ExportedCards = Type.Unsafe<Readable>({
  description: 'The contacts.',
  content: { 'text/vcard': { schema: { type: 'string', examples: [CARD_EXAMPLE] } } },
})
