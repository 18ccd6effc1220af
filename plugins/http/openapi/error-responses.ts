import { type ErrorName, errors } from '#schemas/errors.ts'
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
  'reauthentication-required': { max_age: 900 },
  'too-many-requests': { limit: 'RATE_LIMIT_MAX', max: 6000 },
}

/**
 * One response per status, with an example per error code.
 * @param made what many operations share
 */
export function errorResponses(names: ErrorName[], made: Map<string, object>): Record<number, object> {
  const byStatus = Map.groupBy(new Set(names), name => errors[name].statusCode)
  return Object.fromEntries(
    [...byStatus].map(([status, own]) => {
      const key = own.join()
      const response = made.get(key) ?? errorResponse(status, own)
      made.set(key, response)
      return [status, response]
    }),
  )
}

function errorResponse(status: number, names: ErrorName[]) {
  const codes = names.map(name => errors[name].code)
  // Generators make a type of its own from it: only these codes come with this status.
  const schema = {
    allOf: [
      { $ref: '#/components/schemas/ApiError' },
      { type: 'object', properties: { message: { type: 'string', enum: codes } } },
    ],
  }
  return {
    description: names.map(name => `\`${errors[name].code}\`: ${errors[name].meaning}`).join('\n\n'),
    ...(HEADERS[status] && { headers: HEADERS[status] }),
    content: { 'application/json': { schema, examples: Object.fromEntries(names.map(example)) } },
  }
}

function example(name: ErrorName): [code: string, example: { value: object }] {
  const { code } = errors[name]
  const details = DETAILS[code]
  return [code, { value: render(errors[name](details && { details })) }]
}
