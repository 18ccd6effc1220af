import type { FastifyContextConfig, FastifySchema, RouteOptions } from 'fastify'
import type { ErrorName } from '#schemas/errors.ts'
import { isSafe } from '../../auth/access/safe-methods.ts'
import { ACCESS } from './access.ts'
import type { Errors } from './error-responses.ts'

const EVERY_ROUTE: ErrorName[] = ['requestInvalid', 'tooManyRequests', 'internal', 'unavailable']
const WITH_BODY: ErrorName[] = ['bodyTooLarge', 'mediaTypeUnsupported']
const STEP_UP: Record<NonNullable<FastifyContextConfig['stepUp']>, { errors: ErrorName[]; description: string }> = {
  session: {
    errors: ['reauthenticationRequired'],
    description: 'a recent `POST /users/v1/reauthenticate` in the session',
  },
  request: {
    errors: [
      'reauthenticationRequired',
      'passwordWrong',
      'otpInvalid',
      'recoveryCodeInvalid',
      'userNotFound',
      'tooManyAttempts',
    ],
    description:
      'the password, and a one-time password or a recovery code if the account has a second factor; or a recent `POST ' +
      '/users/v1/reauthenticate` in the session',
  },
}
const WITH_PATH_PARAMETER: ErrorName[] = ['uriTooLong']

/** Marks an operation until the document is finished: @fastify/swagger takes every body for required. */
export const OPTIONAL_BODY = 'x-optional-body'

/** Names an operation's errors until the document is finished: @fastify/swagger would search each of their responses for schemas and references. */
export const ERRORS = 'x-errors'

type Responses = Record<string, { description?: string }>

/** Adds to the schema of a route what follows from its configuration. */
export function documented(schema: FastifySchema = {}, { config = {}, method }: RouteOptions): FastifySchema {
  if (schema.hide || method === 'HEAD') return { hide: true }
  const access = ACCESS[config.access ?? 'user']
  const names = [
    ...access.errors.filter(name => name !== 'mfaRequired' || !config.beforeMfa),
    ...(isSafe(String(method)) ? [] : (access.unsafe ?? [])),
    ...(config.errors ?? []),
    ...(config.stepUp ? STEP_UP[config.stepUp].errors : []),
    ...EVERY_ROUTE,
    ...(method === 'GET' ? [] : WITH_BODY),
    ...(schema.params ? WITH_PATH_PARAMETER : []),
  ]
  const errors: Errors = { names, form: config.errorForm }
  const marks = { [ERRORS]: errors, ...(config.optionalBody && { [OPTIONAL_BODY]: true }) }
  const { produces, ...rest } = schema
  const stepUp = config.stepUp && STEP_UP[config.stepUp].description
  const responses = schema.response as Responses
  return {
    ...rest,
    ...(stepUp && {
      description: `${schema.description} ${config.stepUpWhen ? 'A sensitive change requires' : 'Requires'} ${stepUp}.`,
    }),
    ...marks,
    security: access.security,
    response: produces?.includes('text/html') ? withPage(responses) : responses,
  }
}

/** Browsers get a page instead of the JSON, on routes that declare it with `produces`. */
function withPage({ 200: ok, ...others }: Responses): Responses {
  const content = { 'application/json': { schema: ok }, 'text/html': { schema: { type: 'string' } } }
  const description = `${ok?.description} Returns a page if \`Accept\` contains \`text/html\`.`
  return { ...others, 200: { description, content } as Responses[string] }
}
