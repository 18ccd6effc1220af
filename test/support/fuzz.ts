/** Draws random requests to an operation of the OpenAPI document: some valid, some absurd, most in between. */
import fc from 'fast-check'
import type { InjectOptions } from 'fastify'
import { PASSWORD } from './app.ts'
import type { OpenApi, Operation, Parameter, Schema } from './document.ts'
import { makers } from './owned.ts'
import { allSamples } from './samples.ts'

/** A placeholder for a value only the running service knows: the newest e-mail, token … of its kind. */
export class Real {
  readonly kind: string
  readonly pick: number

  constructor(kind: string, pick: number) {
    this.kind = kind
    this.pick = pick
  }
}

export interface Drawn {
  path: Record<string, unknown>
  query: [name: string, value: unknown][]
  headers: Record<string, unknown>
  body: { type: string; value: unknown } | undefined
}

/** Resolves a `Real`. */
export type Lookup = (kind: string, pick: number) => string

const real = (kind: string) => fc.nat(7).map(pick => new Real(kind, pick))

/** What users can own, by path parameter: the test collects ids of each. It has users and sessions anyway, and adding a passkey ends sessions that it needs. */
export const owned = await makers()
for (const param of ['user_id', 'session_id', 'passkey_id']) owned.delete(param)

/** Bodies that are no JSON, by media type. */
const samples = await allSamples()

/** Values that make a request succeed, by the name of the field. */
const PLAUSIBLE: Record<string, fc.Arbitrary<unknown>> = {
  ...Object.fromEntries([...owned.keys()].map(param => [param, real(param)])),
  email: fc.oneof(real('email'), fc.emailAddress()),
  username: fc.oneof(real('email'), fc.emailAddress()),
  to: real('email'),
  password: fc.constantFrom(PASSWORD, PASSWORD, 'Coruscant19BBY', 'short'),
  old_password: fc.constantFrom(PASSWORD, PASSWORD, 'Coruscant19BBY'),
  new_password: fc.constantFrom(PASSWORD, 'Coruscant19BBY', 'short'),
  user_id: real('user'),
  session_id: real('session'),
  token: real('mail'),
  old_access_token: real('access'),
  refresh_token: real('refresh'),
  mfa_token: real('mfa'),
  otp: real('otp'),
  recovery_code: real('recovery'),
  film_id: fc.integer({ min: 0, max: 9 }).map(String),
}

const hostile = fc.constantFrom(
  ...['', '\0', '__proto__', 'constructor', "' OR '1'='1", '"; DROP TABLE users; --', '../../../etc/passwd', '%00'],
  ...[
    '\r\nSet-Cookie: a=b',
    '\ud800',
    '\ufeff',
    '😀'.repeat(500),
    'x'.repeat(5000),
    '{}',
    'null',
    'NaN',
    '-1',
    '1e999',
  ],
  ...['<script>alert(1)</script>', '=1+1', 'a@b.example\r\nBcc: c@d.example', 'false', 'true', 'İ', 'ß', '\u202e'],
)
// fast-check's own units of these kinds take seconds to set up.
const codePoint = fc.integer({ min: 0, max: 0x10ffff }).map(code => String.fromCodePoint(code))
const grapheme = fc.constantFrom(
  'e\u0301',
  'Z\u0351\u036b',
  '각',
  'नि',
  'ﷺ',
  '👩‍👩‍👧',
  '🇳🇴',
  '👍🏽',
  '\u200b',
  '\u00a0',
)
const text = fc.oneof(
  hostile,
  fc.string(),
  fc.string({ unit: codePoint }),
  fc.string({ unit: grapheme, minLength: 50 }),
)
const absurd = fc.oneof(text, fc.jsonValue(), fc.integer(), fc.double(), fc.constantFrom(null, true, [], {}, [[]]))

function plausible(name: string, schema: Schema = {}): fc.Arbitrary<unknown> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum)
  if (Array.isArray(schema.anyOf)) return fc.oneof(...schema.anyOf.map((branch: Schema) => plausible(name, branch)))
  if (schema.type === 'object' && schema.properties) return plausibleObject(schema)
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'null') return fc.constant(null)
  const wild = { arbitrary: text, weight: 1 }
  const examples = Array.isArray(schema.examples) ? [{ arbitrary: fc.constantFrom(...schema.examples), weight: 5 }] : []
  return PLAUSIBLE[name] ?? fc.oneof(...examples, wild)
}

/** Valid fields, or one of them absurd. */
function plausibleObject({ properties = {}, required = [] }: Schema): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties as Record<string, Schema>)
  const draw = (wild: string) =>
    fc.record(
      Object.fromEntries(fields.map(([name, schema]) => [name, name === wild ? absurd : plausible(name, schema)])),
      { requiredKeys: required as string[] },
    )
  return fc.oneof({ arbitrary: draw(''), weight: 4 }, ...fields.map(([name]) => ({ arbitrary: draw(name), weight: 1 })))
}

/** Mostly valid by its schema. */
const value = (name: string, schema: Schema | undefined, wild: fc.Arbitrary<unknown>) =>
  fc.oneof({ arbitrary: plausible(name, schema), weight: 6 }, { arbitrary: wild, weight: 1 })

/** The schema, with what it refers to in its place. */
function inlined(document: OpenApi, schema: Schema = {}): Schema {
  return JSON.parse(JSON.stringify(schema), (_key, value: Schema | undefined) =>
    value?.$ref ? inlined(document, document.components.schemas[value.$ref.split('/').at(-1) ?? '']) : value,
  )
}

/** Valid fields: those that are required, and about half of the others. */
function validFields({ properties = {}, required = [] }: Schema): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(properties as Record<string, Schema>)
  const isRequired = (name: string) => (required as string[]).includes(name)
  const drawn = fields.map(([name, schema]) =>
    fc.tuple(fc.constant(name), plausible(name, schema), isRequired(name) ? fc.constant(true) : fc.boolean()),
  )
  return fc
    .tuple(...drawn)
    .map(all => Object.fromEntries(all.filter(([, , given]) => given).map(([name, value]) => [name, value])))
}

function bodies(document: OpenApi, { requestBody }: Operation): fc.Arbitrary<Drawn['body']> {
  if (!requestBody) return fc.constant(undefined)
  const [type = '', media] = Object.entries(requestBody.content)[0] ?? []
  const schema = inlined(document, media?.schema)
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>)
  const anyFields = fc.record(
    Object.fromEntries(properties.map(([name, schema]) => [name, value(name, schema, absurd)])),
    { requiredKeys: [] },
  )
  const wildFields = fc
    .tuple(anyFields, fc.dictionary(text, absurd, { maxKeys: 1 }))
    .map(([known, unknown]) => ({ ...known, ...unknown }))
  const types = fc.oneof(
    fc.constantFrom(...Object.keys(requestBody.content), 'text/plain', 'application/xml'),
    fc.string(),
  )
  const samplesOf = Object.keys(requestBody.content).flatMap(type => {
    const value = samples.get(type)
    return value ? [{ type, value }] : []
  })
  return fc.oneof(
    { weight: 8, arbitrary: validFields(schema).map(value => ({ type, value })) },
    { weight: 6, arbitrary: wildFields.map(value => ({ type, value })) },
    { weight: 1, arbitrary: absurd.map(value => ({ type, value })) },
    { weight: 2, arbitrary: fc.record({ type: types, value: text }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
    ...(samplesOf.length > 0 ? [{ weight: 4, arbitrary: fc.constantFrom(...samplesOf) }] : []),
  )
}

function queries(parameters: Parameter[]): fc.Arbitrary<Drawn['query']> {
  const known = parameters.filter(({ in: place }) => place === 'query')
  const pairs = known.map(({ name, schema }) => fc.tuple(fc.constant(name), value(name, schema, text)))
  const strangers = fc.array(fc.tuple(text, text), { maxLength: 2 })
  const picked = fc.oneof({ arbitrary: fc.constant([]), weight: 2 }, { arbitrary: fc.subarray(pairs), weight: 5 })
  return fc
    .tuple(
      picked.chain(chosen => fc.tuple(...(chosen as typeof pairs))),
      fc.oneof({ arbitrary: fc.constant([]), weight: 5 }, { arbitrary: strangers, weight: 1 }),
    )
    .map(([own, others]) => [...own, ...others] as Drawn['query'])
}

/** Anything a header line may contain. */
const line = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map(code => String.fromCharCode(code)) })

function headers({ security }: Operation): fc.Arbitrary<Drawn['headers']> {
  const [wanted = ''] = Object.keys(security[0] ?? {})
  const kind = wanted === 'refreshToken' ? 'refresh' : 'access'
  const authorization = fc.oneof(
    { arbitrary: real(kind), weight: wanted ? 12 : 1 },
    { arbitrary: fc.constantFrom('access', 'refresh', 'mail').chain(real), weight: 1 },
    { arbitrary: line, weight: 1 },
    { arbitrary: fc.constant(undefined), weight: wanted ? 1 : 4 },
  )
  const accept = fc.constantFrom(undefined, undefined, 'application/json', 'text/html', '*/*')
  const others = fc.dictionary(
    fc.constantFrom('if-none-match', 'user-agent', 'x-forwarded-for', 'origin', 'forwarded', 'x-http-method-override'),
    line,
    { maxKeys: 2 },
  )
  return fc.record({ authorization, accept, others }).map(({ others, ...rest }) => ({ ...others, ...rest }))
}

export function requestsTo(document: OpenApi, operation: Operation): fc.Arbitrary<Drawn> {
  const { parameters = [] } = operation
  const path = Object.fromEntries(
    parameters
      .filter(({ in: place }) => place === 'path')
      // Empty, or a dot, would be the path of another route.
      .map(({ name, schema, example }) => [
        name,
        value(name, example === undefined ? schema : { ...schema, examples: [example] }, text).filter(
          part => !['', '.', '..'].includes(String(part)),
        ),
      ]),
  )
  return fc.record({
    path: fc.record(path),
    query: queries(parameters),
    headers: headers(operation),
    body: bodies(document, operation),
  })
}

const encoded = (value: unknown) => encodeURIComponent(String(value).toWellFormed())
const formOf = (fields: [name: string, value: unknown][]) =>
  fields.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&')

/** The request to send, with placeholders resolved. */
export function materialise(drawn: Drawn, path: string, method: string, lookup: Lookup): InjectOptions {
  const { query, body, headers, ...rest } = realise(drawn, lookup) as Drawn
  const url = path.replace(/\{(\w+)\}/g, (_all, name: string) => encoded(rest.path[name]))
  const search = formOf(query)
  const { authorization, ...others } = headers
  const token = drawn.headers.authorization instanceof Real ? `Bearer ${authorization}` : authorization
  const sent = { ...others, authorization: token, ...(body && { 'content-type': body.type }) }
  return {
    method: method as 'GET',
    url: search ? `${url}?${search}` : url,
    headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >,
    ...(body && { payload: asSent(body) }),
  }
}

function asSent({ type, value }: NonNullable<Drawn['body']>): string | Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (type !== 'application/json' && typeof value === 'string') return value
  if (type === 'application/x-www-form-urlencoded' && typeof value === 'object' && value)
    return formOf(Object.entries(value))
  return JSON.stringify(value) ?? ''
}

function realise(value: unknown, lookup: Lookup): unknown {
  if (value instanceof Real) return lookup(value.kind, value.pick)
  if (Array.isArray(value)) return value.map(each => realise(each, lookup))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, realise(inner, lookup)]))
}
