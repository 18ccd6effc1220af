/** What a page says about an error. */
import type { CatalogError } from '#schemas/errors.ts'
import type { Translate, Values } from '../../languages/index.ts'

/** An error that the page shows. */
export interface Failure {
  code: string
  /** The field of the body that is to blame, if one is. */
  field?: string
  /** Which of its causes, if it has several. */
  reason?: string
  /** The code of somebody else's error that caused it. */
  detail?: string
  /** The URI that is to blame, of a field that has several. */
  uri?: string
  /** Seconds. */
  retryAfter?: number
}

/** What forms fill: those that change something, and those that search. */
const FORMS: unknown[] = ['body', 'querystring']

/** What a page shows of an error. */
export function failureOf({ code, details, retryAfter }: CatalogError): Failure {
  return {
    code,
    ...(FORMS.includes(details?.in) && typeof details?.field === 'string' && { field: details.field }),
    ...(typeof details?.reason === 'string' && { reason: details.reason }),
    ...(typeof details?.error === 'string' && { detail: details.error }),
    ...(typeof details?.uri === 'string' && { uri: details.uri }),
    ...(retryAfter && { retryAfter }),
  }
}

export interface Problem {
  code: string
  text: string
  field: string | undefined
  detail: string | undefined
}

export function problemOf(failure: Failure, say: Translate, values: Values): Problem {
  return { code: failure.code, text: textOf(failure, say, values), field: fieldOf(failure), detail: failure.detail }
}

/** A topic may have its own words for an error; one that is new to pages is told in general ones. */
function textOf(failure: Failure, say: Translate, more: Values): string {
  const { code, reason, retryAfter = 60, uri = '' } = failure
  return (
    messageIf(say, `${code}.${reason}`) ??
    messageIf(say, `${code}.${fieldOf(failure)}`) ??
    messageIf(say, code, { count: retryAfter, uri, ...more }) ??
    say('other')
  )
}

/** The message, if there is one with this key. */
export function messageIf(say: Translate, key: string, values?: Values): string | undefined {
  const text = say(key, values)
  return text === key ? undefined : text
}

/** Which field of a page an error is about: the id of the field. */
function fieldOf({ code, field }: Failure): string | undefined {
  if (code.startsWith('password-')) return 'password'
  if (code.startsWith('email-') || code === 'user-already-exists') return 'email'
  if (code.endsWith('code-invalid')) return code.slice(0, -'-invalid'.length).replaceAll('-', '_')
  if (code === 'otp-invalid') return 'otp'
  return field?.split('/')[0]
}
