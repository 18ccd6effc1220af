import type { CatalogError } from '#schemas/errors.ts'
import type { Failure } from './context.ts'

/** What forms fill: those that change something, and those that search. */
const FORMS: unknown[] = ['body', 'querystring']

/** What a page shows of an error. */
export function failureOf({ code, details, retryAfter }: CatalogError): Failure {
  return {
    code,
    ...(FORMS.includes(details?.in) && typeof details?.field === 'string' && { field: details.field }),
    ...(typeof details?.error === 'string' && { detail: details.error }),
    ...(retryAfter && { retryAfter }),
  }
}
