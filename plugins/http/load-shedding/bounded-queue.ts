import { errors } from '#schemas/errors.ts'

export interface BoundedQueue {
  isFull(): boolean
  /** @throws unavailable if the queue is full */
  assertCapacity(): void
  load(): { running: number; waiting: number }
  /** @throws unavailable if the queue is full; what `work` throws */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** A full queue drains in about this time (seconds). */
const RETRY_AFTER = 2

export function boundedQueue(concurrency: number, maxWaiting: number): BoundedQueue {
  const waiting: (() => void)[] = []
  let running = 0

  const isFull = () => running >= concurrency && waiting.length >= maxWaiting

  function assertCapacity(): void {
    if (isFull()) throw errors.unavailable({ retryAfter: RETRY_AFTER })
  }

  async function enter(): Promise<void> {
    if (running < concurrency) {
      running++
      return
    }
    assertCapacity()
    await new Promise<void>(resolve => waiting.push(resolve))
  }

  /** The slot is handed to the next in line, or given up. */
  function leave(): void {
    const next = waiting.shift()
    if (next) next()
    else running--
  }

  return {
    isFull,
    assertCapacity,
    load: () => ({ running, waiting: waiting.length }),
    async run(work) {
      await enter()
      try {
        return await work()
      } finally {
        leave()
      }
    },
  }
}
