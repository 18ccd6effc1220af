/** What the deliveries of this process tell about the SMTP server. */
import type { FastifyBaseLogger } from 'fastify'
import { DeliveryFailed, type FailedStep, MailRejected } from './transport.ts'

export interface DeliveryStatus {
  delivered(): void
  failed(error: unknown, outcome: 'deferred' | 'parked'): void
  /** The server was checked without a mail, and failed if there is an error. */
  checked(error?: DeliveryFailed): void
  /** Whether the latest attempt met a failure that every mail will meet. */
  isFailing(): boolean
  /** Failed attempts so far. */
  counts(): { labels: { outcome: string; reason: string }; value: number }[]
}

/** What a check without a mail covers. */
const CHECKED_STEPS: FailedStep[] = ['connection', 'authentication']
/**
 * A failure that does not recur is over: where several processes send, another one may have delivered what failed here. Outlasts the longest delay
 * between two attempts.
 */
const FAILURE_TTL_MS = 20 * 60_000

export function createDeliveryStatus(log: FastifyBaseLogger): DeliveryStatus {
  const counts = new Map<string, number>()
  let failure: { step: FailedStep; at: number } | null = null

  return {
    delivered: recovered,
    failed(error, outcome) {
      const key = `${outcome} ${reasonOf(error)}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      notice(error)
    },
    checked(error) {
      if (error) notice(error)
      // A server that refuses our mails still accepts our connections: only a mail tells when that is over.
      else if (failure && CHECKED_STEPS.includes(failure.step)) recovered()
    },
    isFailing,
    counts: () =>
      [...counts].map(([key, value]) => {
        const [outcome = '', reason = ''] = key.split(' ')
        return { labels: { outcome, reason }, value }
      }),
  }

  function isFailing(): boolean {
    return failure !== null && Date.now() - failure.at < FAILURE_TTL_MS
  }

  function notice(error: unknown): void {
    if (!(error instanceof DeliveryFailed) || !error.affectsAll) return
    if (!isFailing()) log.error({ reason: error.message, step: error.step }, 'SMTP delivery failing')
    failure = { step: error.step, at: Date.now() }
  }

  function recovered(): void {
    if (failure) log.info('SMTP delivery recovered')
    failure = null
  }
}

/** Few values: they are labels of a metric. */
function reasonOf(error: unknown): string {
  if (error instanceof MailRejected) return 'no-such-recipient'
  return error instanceof DeliveryFailed ? error.step : 'other'
}
