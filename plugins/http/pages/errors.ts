import type { CatalogError } from '#schemas/errors.ts'
import type { Failure } from './context.ts'

/** What a page shows of an error. */
export function failureOf({ code, details, retryAfter }: CatalogError): Failure {
  return {
    code,
    ...(details?.in === 'body' && typeof details.field === 'string' && { field: details.field }),
    ...(typeof details?.error === 'string' && { detail: details.error }),
    ...(retryAfter && { retryAfter }),
  }
}
