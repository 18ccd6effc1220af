/** Empties the outbox: claims mails that are due and delivers them. Any number of processes may do so at the same time. */
import { setTimeout as pause } from 'node:timers/promises'
import { claimMail, listDueMails, type Mail } from '#sql/outbox.ts'
import { type DeliveryContext, deliver } from './deliver.ts'

export interface Worker {
  /** Polls the outbox now: a mail may have been queued. */
  wake(): void
  /** Resolves once every mail that was due has been attempted. */
  idle(): Promise<void>
  /** Claims no more mails, grants those in flight a grace period and aborts the rest, which stay in the outbox. */
  stop(): Promise<void>
}

/** More than one, so that a delivery that hangs does not hold up the others. */
export const MAX_CONCURRENT_DELIVERIES = 5
/** Limit for one delivery, however slowly the server reads. */
const SEND_TIMEOUT_MS = 60_000
/** Outlasts a delivery even if the clocks of two hosts differ by 90 s: when a claim expires, its claimer is dead. */
const CLAIM_MS = SEND_TIMEOUT_MS + 90_000
/** What deliveries in flight get when the process stops. */
const STOP_GRACE_MS = 5_000

export function createWorker(context: DeliveryContext): Worker {
  const { db, log } = context
  const deliveries = new Set<Promise<void>>()
  const abort = new AbortController()
  let stopped = false
  let pollAgain = false
  let polling = false
  let poll = Promise.resolve()

  function wake(): void {
    pollAgain = true
    if (!polling) poll = pollWhileWoken()
  }

  /** One poll at a time. A wake-up during a poll causes another one: the first may have missed what was committed meanwhile. */
  async function pollWhileWoken(): Promise<void> {
    polling = true
    while (pollAgain && !stopped) {
      pollAgain = false
      await claimDueMails().catch(err => log.error({ err }, 'outbox unavailable, retrying'))
    }
    polling = false
  }

  async function claimDueMails(): Promise<void> {
    const free = MAX_CONCURRENT_DELIVERIES - deliveries.size
    if (free === 0) return
    for (const seen of await listDueMails(db, Date.now(), free)) {
      if (stopped) return
      const mail = await claimMail(db, seen, Date.now() + CLAIM_MS)
      if (mail) start(mail)
      // Claimed here or by another worker, it is out of the way: there may be more behind it.
      pollAgain = true
    }
  }

  function start(mail: Mail): void {
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(SEND_TIMEOUT_MS)])
    const delivery = deliver(context, mail, signal)
      .catch(err => log.error({ err, mail: mail.id }, 'outbox unavailable, mail stays claimed until its claim expires'))
      .finally(() => {
        deliveries.delete(delivery)
        wake()
      })
    deliveries.add(delivery)
  }

  async function idle(): Promise<void> {
    while (polling || deliveries.size > 0) await Promise.all([poll, ...deliveries])
  }

  async function stop(): Promise<void> {
    stopped = true
    await Promise.race([idle(), pause(STOP_GRACE_MS, undefined, { ref: false })])
    abort.abort()
    await idle()
  }

  return { wake, idle, stop }
}
