/** What the deliveries of this process tell about the SMTP server. */
import type { FastifyBaseLogger } from 'fastify'
import { DeliveryFailed, MailRejected } from './transport.ts'

export interface DeliveryStatus {
  delivered(): void
  failed(error: unknown, outcome: 'deferred' | 'parked'): void
  /** The server was checked without a mail. */
  checked(error: unknown): void
  /** Whether the latest attempt met a failure that every mail will meet. */
  isFailing(): boolean
  /** Failed attempts so far. */
  counts(): { labels: { outcome: string; reason: string }; value: number }[]
}

export function createDeliveryStatus(log: FastifyBaseLogger): DeliveryStatus {
  const counts = new Map<string, number>()
  let failing = false

  return {
    delivered() {
      if (failing) log.info('mails are accepted again')
      failing = false
    },
    failed(error, outcome) {
      const key = `${outcome} ${reasonOf(error)}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
      notice(error)
    },
    checked: notice,
    isFailing: () => failing,
    counts: () =>
      [...counts].map(([key, value]) => {
        const [outcome = '', reason = ''] = key.split(' ')
        return { labels: { outcome, reason }, value }
      }),
  }

  function notice(error: unknown): void {
    if (!(error instanceof DeliveryFailed) || !error.affectsAll) return
    if (!failing) log.error({ reason: error.message, step: error.step }, 'the SMTP server accepts no mails from us')
    failing = true
  }
}

/** Few values: they are labels of a metric. */
function reasonOf(error: unknown): string {
  if (error instanceof MailRejected) return 'no-such-recipient'
  return error instanceof DeliveryFailed ? error.step : 'other'
}
