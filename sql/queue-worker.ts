/** Empties a queue in the database: claims what is due and delivers it. Any number of processes may do so at the same time. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as pause } from 'node:timers/promises'

export interface Worker {
  /** Polls the queue now: something may have been added. */
  wake(): void
  /** Resolves once everything that was due has been attempted. */
  idle(): Promise<void>
  /** Claims nothing more, grants deliveries in flight a grace period and aborts the rest, which stay in the queue. */
  stop(): Promise<void>
}

export interface Queue<Item> {
  /** For the log. */
  name: string
  /** More than one, so that a delivery that hangs does not hold up the others. */
  concurrency: number
  /** Limit for one delivery, however slowly the server reads. */
  timeoutMs: number
  /** What is due, the longest waiting first. */
  due(limit: number): Promise<Item[]>
  /** @returns undefined if another process was faster */
  claim(seen: Item, until: number): Promise<Item | undefined>
  /** @param signal ends the attempt @throws what the database throws */
  deliver(item: Item, signal: AbortSignal): Promise<void>
  idOf(item: Item): string
}

interface Log {
  error(details: object, message: string): void
}

/** A claim outlasts a delivery even if the clocks of two hosts differ by this: when it expires, its claimer is dead. */
const CLOCK_SKEW_MAX_MS = 90_000
/** What deliveries in flight get when the process stops. */
const STOP_GRACE_MS = 5_000

export function createWorker<Item>(log: Log, queue: Queue<Item>): Worker {
  const { name, concurrency, timeoutMs } = queue
  const deliveries = new Set<Promise<void>>()
  const abort = new AbortController()
  let stopped = false
  let pollAgain = false
  let polling = false
  let poll = Promise.resolve()
  const outside = AsyncLocalStorage.snapshot()

  function wake(): void {
    pollAgain = true
    // Not within the request that wakes it, which it would become a part of.
    if (!polling) poll = outside(pollWhileWoken)
  }

  /** One poll at a time. A wake-up during a poll causes another one: the first may have missed what was committed meanwhile. */
  async function pollWhileWoken(): Promise<void> {
    polling = true
    while (pollAgain && !stopped) {
      pollAgain = false
      await claimDue().catch(err => log.error({ err }, `${name} unavailable, retrying`))
    }
    polling = false
  }

  async function claimDue(): Promise<void> {
    const free = concurrency - deliveries.size
    if (free === 0) return
    for (const seen of await queue.due(free)) {
      if (stopped) return
      const item = await queue.claim(seen, Date.now() + timeoutMs + CLOCK_SKEW_MAX_MS)
      if (item) start(item)
      // Claimed here or by another worker, it is out of the way: there may be more behind it.
      pollAgain = true
    }
  }

  function start(item: Item): void {
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(timeoutMs)])
    const delivery = queue
      .deliver(item, signal)
      .catch(err => log.error({ err, id: queue.idOf(item) }, `${name} unavailable, claimed until the claim expires`))
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
