/** Empties the outbox: claims what is due and delivers it. Any number of processes may do so at once. */
import { setTimeout as pause } from 'node:timers/promises'
import { claimMail, listDueMails, type Mail } from '#sql/outbox.ts'
import { type DeliveryContext, deliver } from './deliver.ts'

export interface Worker {
  /** There may be something to send: look now. */
  wake(): void
  /** Resolves when everything that was due has been tried. */
  idle(): Promise<void>
  /** Takes no more mails; gives those on their way a moment to get through, and cuts off the rest, which stay in the outbox. */
  stop(): Promise<void>
}

/** So many mails at a time: one that is stuck does not hold up the others. */
export const DELIVERIES_AT_A_TIME = 5
/** A mail gets so long to be sent (ms), however slowly the server trickles. */
const SEND_TIMEOUT = 60_000
/** A claim outlasts the sending (ms), even where two hosts' clocks are 90 s apart. When it ends, the claimer is dead. */
const CLAIM = SEND_TIMEOUT + 90_000
/** What is on its way when the process stops gets so long (ms). */
const STOP_GRACE = 5_000

export function createWorker(context: DeliveryContext): Worker {
  const { db, log } = context
  const deliveries = new Set<Promise<void>>()
  const cutOff = new AbortController()
  let stopped = false
  let woken = false
  let looking = false
  let look = Promise.resolve()

  function wake(): void {
    woken = true
    if (!looking) look = lookWhileWoken()
  }

  /** One look at a time. Being woken during it means another: it may have missed what was committed meanwhile. */
  async function lookWhileWoken(): Promise<void> {
    looking = true
    while (woken && !stopped) {
      woken = false
      await takeDueMails().catch(err => log.error({ err }, 'outbox out of reach: trying again'))
    }
    looking = false
  }

  async function takeDueMails(): Promise<void> {
    const free = DELIVERIES_AT_A_TIME - deliveries.size
    if (free === 0) return
    for (const seen of await listDueMails(db, Date.now(), free)) {
      if (stopped) return
      const mail = await claimMail(db, seen, Date.now() + CLAIM)
      if (mail) start(mail)
      // Claimed here or by another worker, it is out of the way: there may be more behind it.
      woken = true
    }
  }

  function start(mail: Mail): void {
    const signal = AbortSignal.any([cutOff.signal, AbortSignal.timeout(SEND_TIMEOUT)])
    const delivery = deliver(context, mail, signal)
      .catch(err =>
        log.error({ err, mail: mail.id }, 'outbox out of reach: the mail is taken up again when its claim ends'),
      )
      .finally(() => {
        deliveries.delete(delivery)
        wake()
      })
    deliveries.add(delivery)
  }

  async function idle(): Promise<void> {
    while (looking || deliveries.size > 0) await Promise.all([look, ...deliveries])
  }

  async function stop(): Promise<void> {
    stopped = true
    await Promise.race([idle(), pause(STOP_GRACE, undefined, { ref: false })])
    cutOff.abort()
    await idle()
  }

  return { wake, idle, stop }
}
