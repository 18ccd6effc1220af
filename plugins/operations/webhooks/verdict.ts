/** What the response of a webhook means. */
import type { WebhookRow } from '#sql/webhooks.ts'
import { RETRY_DELAY_MAX_MS } from '../../http/outbound/retry-delay.ts'

export interface Failure {
  /**
   * `unavailable`, or in the wrong place: nothing else is sent until it is tried again. `rejected`: this one is sent again, the others are not held up, but those of its subject.
   * `refused`: for good, so it is not sent again. `gone`: the webhook is no longer wanted.
   */
  kind: 'unavailable' | 'rejected' | 'refused' | 'gone'
  /** In short, for administrators. */
  error: string
  response_status: number | null
  /** What the response asks for (ms). */
  retryAfterMs?: number
}

export interface Success {
  kind: 'delivered'
  response_status: number
}

/** Characters; the width of the column. */
const ERROR_MAX_LENGTH = 200

export async function verdictOf(format: WebhookRow['format'], response: Response): Promise<Success | Failure> {
  const { status } = response
  if (format === 'set' ? status === 202 : response.ok) return { kind: 'delivered', response_status: status }
  const failure = { error: `responded ${status}`, response_status: status }
  if (status === 410) return { ...failure, kind: 'gone' }
  if (status === 429 || status === 503)
    return { ...failure, kind: 'unavailable', retryAfterMs: retryAfter(response.headers.get('retry-after')) }
  if (status >= 500 || isOfEndpoint(status)) return { ...failure, kind: 'unavailable' }
  const code = format === 'set' && status === 400 ? await errorCodeIn(response) : undefined
  if (code !== undefined) return { ...failure, kind: 'refused', error: `responded ${status}: ${code}` }
  return { ...failure, kind: 'rejected' }
}

/** Whatever the event, the URL or the credentials in it are wrong: so will be the next response. */
function isOfEndpoint(status: number): boolean {
  return (status >= 300 && status < 400) || [401, 403, 404].includes(status)
}

/** There was no response. */
export function failureBy(error: NodeJS.ErrnoException, timeoutMs: number): Failure {
  const text = error.code === 'ABORT_ERR' ? `no response within ${timeoutMs / 1000} s` : (error.code ?? error.message)
  return { kind: 'unavailable', error: text.slice(0, ERROR_MAX_LENGTH), response_status: null }
}

/** @see https://www.rfc-editor.org/rfc/rfc8935#section-2.3 */
async function errorCodeIn(response: Response): Promise<string | undefined> {
  try {
    const { err } = (await response.json()) as { err?: unknown }
    return typeof err === 'string' && /^[\w-]{1,50}$/.test(err) ? err : undefined
  } catch {
    return undefined
  }
}

/** Seconds or a date, at most an hour. @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function retryAfter(header: string | null): number {
  if (header === null) return 0
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Math.min(Math.max(ms || 0, 0), RETRY_DELAY_MAX_MS)
}
