/** What a card says of a contact. Its values are read by a library, from lines that this has brought into the form of vCard 3.0 and 4.0. */
import { createHash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { type CardProblem, CONTACT_FIELDS, type ContactFields, contactFields } from '#schemas/contacts.ts'
import { isBlank } from '../../../http/validation/blank.ts'
import { addKeywords } from '../../../http/validation/keywords.ts'
import { hasContent } from '../changes.ts'
import { birthdayOf } from './birthday.ts'
import type { Card } from './cards.ts'
import { type Property, propertyOf, rankOf } from './property.ts'

export interface ReadCard {
  line: number
  uid: string
  /** The card has no UID: it is recognized by its content. */
  derived: boolean
  fields: Partial<ContactFields>
  problems: CardProblem[]
}

/** A card of which nothing is kept. */
export interface RejectedCard {
  problems: [CardProblem]
}

type Field = keyof ContactFields
/** A value that a field may get, by the property that has it; what is best comes first. */
type Candidates = Partial<Record<Field, { line: number; value: string }[]>>

const READ = new Set(['N', 'FN', 'NICKNAME', 'ORG', 'EMAIL', 'TEL', 'BDAY', 'ADR', 'NOTE', 'UID'])
const STRUCTURED = new Set(['N', 'ORG', 'ADR'])
const UID_MAX = 255

/** Loads the library, and compiles the schemas: a value is kept if the API would take it. */
export async function cardParser(): Promise<(card: Card) => ReadCard | RejectedCard> {
  const [{ default: ICAL }, { Ajv }] = await Promise.all([import('ical.js'), import('ajv')])
  const ajv = addKeywords(new Ajv())
  const validators = new Map(
    CONTACT_FIELDS.map(name => [name, ajv.compile(Type.Object({ [name]: contactFields[name] }))]),
  )

  function valid(field: Field, value: string): string | undefined {
    const data = { [field]: value }
    return validators.get(field)?.(data) ? data[field] : undefined
  }

  function choose(candidates: Candidates): Pick<ReadCard, 'fields' | 'problems'> {
    const fields: ReadCard['fields'] = {}
    const problems: CardProblem[] = []
    for (const [field, all] of Object.entries(candidates) as [Field, { line: number; value: string }[]][]) {
      const value = all.map(({ value }) => valid(field, value)).find(value => value !== undefined)
      if (value !== undefined) fields[field] = value
      else if (all[0]) problems.push({ line: all[0].line, problem: 'left-out', field })
    }
    return { fields, problems }
  }

  return ({ line, lines, problem }) => {
    const reject = (reason: CardProblem['problem'], at = line): RejectedCard => ({
      problems: [{ line: at, problem: reason }],
    })
    if (problem) return reject(problem)
    const properties: Property[] = []
    for (const one of lines) {
      const property = propertyOf(one)
      if (!property) return reject('unreadable', one.number)
      properties.push(property)
    }
    const version = properties.find(({ name }) => name === 'VERSION')?.value.trim() === '4.0' ? '4.0' : '3.0'
    const read = properties.filter(({ name }) => READ.has(name)).sort((a, b) => rankOf(a) - rankOf(b))
    let values: (string | string[])[]
    try {
      values = valuesIn(ICAL.parse(normalized(read, version)))
    } catch {
      return reject('unreadable')
    }
    const { fields, problems } = choose(candidatesIn(read, values))
    if (!hasContent(fields)) return reject('empty')
    return { line, ...identity(read, values, fields), fields, problems }
  }
}

/** A text of its own for the library: no version, parameter or encoding in it but those that it knows. */
function normalized(properties: Property[], version: string): string {
  const lines = properties.map(({ name, value }) => {
    const text = value.replace(/\r\n?|\n/g, '\\n')
    return `${name}${name === 'BDAY' ? ';VALUE=text' : ''}:${STRUCTURED.has(name) ? text : asOneValue(text)}`
  })
  return ['BEGIN:VCARD', `VERSION:${version}`, ...lines, 'END:VCARD'].join('\r\n')
}

/** Not every program escapes commas, as lists need it, and the library leaves a semicolon escaped. */
const asOneValue = (text: string) =>
  text.replace(/\\.|,/gs, match => (match === ',' ? '\\,' : match === '\\;' ? ';' : match))

/** The values of a jCard, in the order of its lines; the first is the version. */
function valuesIn(card: unknown): (string | string[])[] {
  const [, properties] = card as [string, [string, object, string, ...unknown[]][]]
  return properties.slice(1).map(([, , , value]) => (Array.isArray(value) ? value.map(textOf) : textOf(value)))
}

const textOf = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value ?? ''))

/** Without control characters but line ends and tabs, and halves of surrogate pairs. */
const clean = (text: string) =>
  text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/(?![\n\t])\p{Cc}/gu, '')
    .trim()
const oneLine = (text: string) => clean(text).replace(/\s+/g, ' ')

function candidatesIn(properties: Property[], values: (string | string[])[]): Candidates {
  const candidates: Candidates = {}
  const add = (field: Field, line: number, value: string) => {
    if (!isBlank(value)) candidates[field] = [...(candidates[field] ?? []), { line, value }]
  }
  const each = (name: string, use: (value: string, property: Property, parts: string[]) => void) =>
    properties.forEach((property, i) => {
      const value = values[i] ?? ''
      if (property.name === name) use(textOf(value), property, [value].flat())
    })

  each('N', (_value, { line }, [family = '', given = '', additional = '']) => {
    add('first_name', line, oneLine(`${given} ${additional}`))
    add('last_name', line, oneLine(family))
  })
  each('EMAIL', (value, { line }) => add('email', line, oneLine(value).replace(/^mailto:/i, '')))
  each('TEL', (value, { line }) => add('phone_number', line, oneLine(value).replace(/^tel:/i, '')))
  each('BDAY', (value, property) =>
    add('birthday', property.line, birthdayOf({ ...property, value }) ?? oneLine(value)),
  )
  each('ADR', (_value, { line }, parts) => add('address', line, addressOf(parts)))
  each('NOTE', (value, { line }) => add('notes', line, clean(value)))
  if (!candidates.first_name && !candidates.last_name) addOtherName(add, each, candidates)
  return candidates
}

/** Cards of programs that write no `N`, and organizations. */
function addOtherName(
  add: (field: Field, line: number, value: string) => void,
  each: (name: string, use: (value: string, property: Property, parts: string[]) => void) => void,
  candidates: Candidates,
): void {
  // A card has to have an FN: for want of a person's name it is the organization, the address or the number.
  const others = [candidates.email, candidates.phone_number].flatMap(all => all?.map(({ value }) => value) ?? [])
  each('ORG', (_value, _property, [name = '']) => others.push(oneLine(name)))
  const addFirstName = (value: string, { line }: Property) => {
    if (!others.includes(oneLine(value))) add('first_name', line, oneLine(value))
  }
  each('FN', addFirstName)
  if (!candidates.first_name) each('ORG', (_value, { line }, [name = '']) => add('last_name', line, oneLine(name)))
  each('NICKNAME', addFirstName)
}

/** The parts of an address as its lines. */
function addressOf([box = '', extended = '', street = '', city = '', region = '', code = '', country = '']: string[]) {
  return [box, extended, street, `${code} ${city}`, region, country].map(clean).filter(Boolean).join('\n')
}

function identity(properties: Property[], values: (string | string[])[], fields: ReadCard['fields']) {
  const given = oneLine(textOf(values[properties.findIndex(({ name }) => name === 'UID')])).replace(/^urn:uuid:/i, '')
  if (given !== '' && [...given].length <= UID_MAX) return { uid: given, derived: false }
  const content = given === '' ? JSON.stringify(CONTACT_FIELDS.map(name => fields[name])) : given
  return { uid: `sha256-${createHash('sha256').update(content).digest('base64url')}`, derived: given === '' }
}
