/** Inputs that are expensive for careless code: texts for every string field, whole bodies, query strings, headers and paths. */
import type { OpenApi, Operation, Schema } from './document.ts'

/** Headers and URL together may have 16 KiB. */
export const HEAD_BYTES = 15_000

/** Repeats a text until it has so many bytes. */
export const fill = (unit: string, bytes: number) => unit.repeat(Math.floor(bytes / Buffer.byteLength(unit)))

/** Combining marks of descending classes: normalization sorts them, each run anew. */
const marks = (bytes: number) =>
  ['\u0345', '\u0344', '\u0344', '\u0316', '\u0321', '\u0334'].map(mark => fill(mark, bytes / 6)).join('')

const UNITS = [
  ...[
    'a',
    'A',
    '1',
    ' ',
    '\t',
    '.',
    '-',
    '@',
    '"',
    '\\',
    '\\"',
    '%',
    '%25',
    '+',
    '=',
    ',',
    ';',
    ':',
    '/',
    '(',
    '[',
    '{',
    '<',
    '&',
    '?',
    '\0',
    '\n',
  ],
  ...[
    'a.',
    'a-',
    'a@',
    '.a',
    '"\\a',
    'a1 ',
    'Aa1',
    '1-',
    '+1 ',
    'W/"x",',
    'a;q=0.1,',
    'xn--',
    'xn--a.',
    'http://a ',
    '{"a":',
    '\\u0041',
  ],
  ...[
    'é',
    'e\u0301',
    '\u0301',
    '\u0344',
    '\u1100\u1161\u11a8',
    '\uac00',
    '\ufdfa',
    '\u202e',
    '\u200d',
    'İ',
    'ß',
    '𝒜',
    '👩‍👩‍👧‍👦',
    '\u0130\u0307',
    '\ud800',
  ],
]

/**
 * Texts of up to so many bytes, by what they are made of.
 * @param example a valid value: one that nearly matches is repeated, extended or spoiled at its end
 */
export function texts(bytes: number, example = 'a'): [name: string, text: string][] {
  const runs = UNITS.map((unit): [string, string] => [JSON.stringify(unit), fill(unit, bytes)])
  const rest = Math.max(0, bytes - Buffer.byteLength(example) - 1)
  return [
    ...runs,
    ['marks', `Aa1${marks(bytes - 3)}`],
    ['an example, repeated', fill(example, bytes)],
    ['an example and a run', `${example}${fill('a', rest)}!`],
    ['a run and an example', `${fill('a', rest)}${example}`],
    ['an example and white space', `${example}${fill(' ', rest)}x`],
    ['an address with a long local part', `${fill('a.', rest / 2)}@${fill('a-', rest / 2)}`],
    ['an address with many labels', `a@${fill('a.', bytes - 2)}`],
    ['an address in another script', `a@${fill('ü', bytes - 2)}`],
    ['an address in punycode', `a@xn--${fill('a9', bytes - 6)}`],
    ['a quoted address', `"${fill('\\a', bytes - 4)}"@a`],
    ['an address that is a number', `a@0x${fill('f', bytes - 4)}`],
  ]
}

/** Bodies that are large as a whole. */
export function wholeBodies(bytes: number): [name: string, body: string][] {
  const names = Array.from({ length: bytes / 10 }, (_, i) => `"${i.toString(36)}":1`)
  return [
    ['nested arrays', '['.repeat(bytes / 2) + ']'.repeat(bytes / 2)],
    ['an unclosed nest', '['.repeat(bytes)],
    ['nested objects', `${'{"a":'.repeat(bytes / 6)}1${'}'.repeat(bytes / 6)}`],
    ['many properties', `{${names.join().slice(0, bytes - 12)},"end":1}`.replace(/,"\w*"?:?,"end/, ',"end')],
    ['the same property', `{${'"a":1,'.repeat(bytes / 6 - 2)}"a":1}`],
    ['many elements', `[${'1,'.repeat(bytes / 2 - 2)}1]`],
    ['many empty objects', `[${'{},'.repeat(bytes / 3 - 2)}{}]`],
    ['a huge integer', '1'.repeat(bytes)],
    ['a huge fraction', `0.${'1'.repeat(bytes - 2)}`],
    ['a huge exponent', `1e${'9'.repeat(bytes - 2)}`],
    ['many exponents', `[${'1e308,'.repeat(bytes / 6 - 2)}1]`],
    ['white space', ' '.repeat(bytes)],
    ['escapes', `"${'\\u0041'.repeat(bytes / 6 - 1)}"`],
    ['backslashes', `"${'\\\\'.repeat(bytes / 2 - 1)}"`],
    ['an unclosed string', `"${'\\"'.repeat(bytes / 2 - 1)}`],
    ['strings with colons', `[${'"\\":",'.repeat(bytes / 6 - 2)}1]`],
  ]
}

/** Forms, as browsers post them. */
export function wholeForms(bytes: number): [name: string, body: string][] {
  return ['&', 'a&', 'a=', 'a=1&', '%', '%zz', '%41', '+', 'token=a&', '__proto__[a]=1&'].map(unit => [
    `form of ${unit}`,
    fill(unit, bytes),
  ])
}

/** The paths of the string values in an example body, such as `credential.response.signature`. */
export function stringsIn(value: unknown, path: string[] = []): string[][] {
  if (typeof value === 'string') return [path]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => stringsIn(inner, [...path, name]))
}

/** A copy of a body with another value at a path. */
export function replaced(body: unknown, [name, ...path]: string[], value: string): unknown {
  if (name === undefined) return value
  if (Array.isArray(body)) return body.map((item, i) => (String(i) === name ? replaced(item, path, value) : item))
  const object = body as Record<string, unknown>
  return { ...object, [name]: replaced(object[name], path, value) }
}

export function valueAt(body: unknown, path: string[]): unknown {
  return path.reduce((value, name) => (value as Record<string, unknown>)[name], body)
}

/** A body with a value for every string field that the schema has, optional ones included. */
export function exampleBody(document: OpenApi, operation: Operation, type: string): Record<string, unknown> {
  const media = operation.requestBody?.content[type]
  return { ...(exampleOf(document, media?.schema) as object), ...(media?.example as object | undefined) }
}

function exampleOf(document: OpenApi, schema: Schema = {}): unknown {
  const { $ref, examples, properties, anyOf, oneOf, allOf, items } = schema as Record<
    string,
    Schema[] & Schema & string
  >
  if ($ref) return exampleOf(document, document.components.schemas[($ref as string).split('/').at(-1) ?? ''])
  const [branch] = anyOf ?? oneOf ?? allOf ?? []
  if (branch) return exampleOf(document, branch)
  if (properties)
    return Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => [name, exampleOf(document, inner as Schema)]),
    )
  if (items) return [exampleOf(document, items)]
  const [example] = (examples as unknown as unknown[]) ?? []
  return example ?? (schema.type === 'string' ? 'a' : undefined)
}
