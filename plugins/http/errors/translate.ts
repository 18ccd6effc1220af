import type { FastifyError } from 'fastify'
import { type CatalogError, errors, type Thrower } from '#schemas/errors.ts'
import { isUnavailable } from '#sql/connection/errors.ts'
import { translateValidation } from './validation.ts'

/** `Retry-After` while the database is down (seconds). */
const RETRY_AFTER_SECONDS = 2

const codes = new Set<string>(Object.values(errors).map(({ code }) => code))

/** Errors of Fastify and its plugins, by status. */
const byStatus = new Map<number, Thrower>([
  [400, errors.requestInvalid],
  [404, errors.notFound],
  [405, errors.methodNotAllowed],
  [408, errors.requestTimeout],
  [413, errors.bodyTooLarge],
  [414, errors.uriTooLong],
  [415, errors.mediaTypeUnsupported],
  [429, errors.tooManyRequests],
  [503, errors.unavailable],
])

/** The catalog's error for whatever was thrown. */
export function translate(error: FastifyError): CatalogError {
  if (codes.has(error.code)) return error
  if (error.validation) return translateValidation(error)
  if (isUnavailable(error)) return errors.unavailable({ retryAfter: RETRY_AFTER_SECONDS, cause: error })
  const entry = byStatus.get(error.statusCode ?? 500)
  if (!entry) return errors.internal()
  return entry.statusCode === 503 ? entry({ retryAfter: RETRY_AFTER_SECONDS }) : entry()
}
