import { type ErrorName, errors } from '#schemas/errors.ts'
import { renderOAuth } from '../errors/oauth.ts'
import { render } from '../errors/render.ts'

/** Response headers that come with a status. */
const HEADERS: Record<number, Record<string, object>> = {
  401: {
    'WWW-Authenticate': {
      schema: { type: 'string', examples: ['Bearer error="invalid_token"'] },
      description: 'The challenge of RFC 6750.',
    },
  },
  429: {
    'Retry-After': {
      schema: { type: 'integer', examples: [42] },
      description: 'Seconds until the limit is reset.',
    },
  },
  503: {
    'Retry-After': {
      schema: { type: 'integer', examples: [2] },
      description: 'Seconds to wait before the next attempt.',
    },
  },
}

/** Example `details`, by error code. */
const DETAILS: Partial<Record<string, Record<string, unknown>>> = {
  'request-invalid': { in: 'body', field: 'email', problem: 'must be string' },
  'email-invalid': { in: 'body', field: 'email', problem: 'must match the pattern' },
  'password-invalid': { in: 'body', field: 'password', problem: 'must NOT have fewer than 8 characters' },
  'redirect-uri-invalid': { in: 'body', field: 'redirect_uris/0', problem: 'must have no fragment' },
  'client-metadata-invalid': { in: 'body', field: 'require_pkce', problem: 'must be true for a public client' },
  'reauthentication-required': { max_age: 900 },
  'too-many-requests': { limit: 'RATE_LIMIT_MAX', max: 6000 },
}

/** Example `members`, by error code. */
const MEMBERS: Partial<Record<string, Record<string, unknown>>> = {
  'second-factor-required': {
    mfa_token: 'eyJhbGciOiJIUzI1NiIs…',
    expires_in: 300,
    methods: ['totp', 'recovery_code'],
  },
}

const FORMS = {
  common: { schema: '#/components/schemas/ApiError', render },
  oauth: { schema: '#/components/schemas/OAuthError', render: renderOAuth },
}
type Form = keyof typeof FORMS

export interface Reference {
  $ref: string
}

/** The errors of an operation, and their form. */
export interface Errors {
  names: ErrorName[]
  form?: Form | undefined
}

/**
 * One response per status, with an example per error code: references, because hundreds of operations share a few dozen of them.
 * @param named `components.responses`, to which those that are missing are added
 */
export function errorResponses(
  { names, form = 'common' }: Errors,
  named: Record<string, object>,
): Record<number, Reference> {
  const byStatus = Map.groupBy([...new Set(names)].sort(), name => errors[name].statusCode)
  return Object.fromEntries(
    [...byStatus].map(([status, own]) => {
      const key = [status, ...(form === 'common' ? [] : [form]), ...own.map(name => errors[name].code)].join('.')
      named[key] ??= errorResponse(status, own, form)
      return [status, { $ref: `#/components/responses/${key}` }]
    }),
  )
}

function errorResponse(status: number, names: ErrorName[], form: Form) {
  const codes = names.map(name => errors[name].code)
  // Generators make a type of its own from it: only these codes come with this status.
  const schema = {
    allOf: [{ $ref: FORMS[form].schema }, { type: 'object', properties: { message: { type: 'string', enum: codes } } }],
  }
  return {
    description: names.map(name => `\`${errors[name].code}\`: ${errors[name].meaning}`).join('\n\n'),
    ...(HEADERS[status] && { headers: HEADERS[status] }),
    content: { 'application/json': { schema, examples: Object.fromEntries(names.map(name => example(name, form))) } },
  }
}

function example(name: ErrorName, form: Form): [code: string, example: { value: object }] {
  const { code } = errors[name]
  const details = DETAILS[code]
  const members = MEMBERS[code]
  const error = errors[name]({ ...(details && { details }), ...(members && { members }) })
  return [code, { value: FORMS[form].render(error) }]
}
