/** A connection to RabbitMQ that is opened again whenever it is lost, however long that takes. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { AmqpAddress } from '../../config/amqp-url.ts'
import { backOff } from '../events/back-off.ts'
import { adviceOn } from './advice.ts'
import { openSession, type Session } from './session.ts'

export interface Connection {
  /** The session that is open, or the next one. */
  session(): Promise<Session>
  /** Whether the broker is known to take nothing over now. */
  isFailing(): boolean
  /** Closes it, in a second at most. */
  close(): Promise<void>
}

const RETRY_MAX_MS = 15_000
const CLOSE_TIMEOUT_MS = 1000

/** @param unroutable is called for each message that no queue is bound for */
export function keepConnection(
  address: AmqpAddress,
  exchange: string,
  unroutable: (routingKey: string) => void,
  log: FastifyBaseLogger,
): Connection {
  const broker = `${address.hostname}:${address.port}`
  const closing = new AbortController()
  const destroying = new AbortController()
  let current: Session | undefined
  let next = Promise.withResolvers<Session>()
  let failures = 0
  let failure: string | undefined
  let isBlocked = false

  const events = {
    unroutable,
    blocked(reason: string) {
      isBlocked = true
      log.warn({ broker, reason }, 'RabbitMQ blocks publishing, change events wait')
    },
    unblocked() {
      isBlocked = false
      log.info({ broker }, 'RabbitMQ takes messages again')
    },
  }
  const running = run()

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      const error = await untilLost()
      if (closing.signal.aborted) return
      lost(error)
      await pause(backOff(failures++, RETRY_MAX_MS), undefined, { signal: closing.signal }).catch(() => {})
    }
  }

  /** @returns why there is no connection, or none any more */
  async function untilLost(): Promise<Error> {
    try {
      const session = await openSession(address, exchange, events, destroying.signal)
      opened(session)
      return await session.ended
    } catch (error) {
      return error as Error
    }
  }

  function opened(session: Session): void {
    log.info({ broker, exchange }, 'RabbitMQ connected')
    current = session
    failures = 0
    failure = undefined
    next.resolve(session)
    if (closing.signal.aborted) session.close()
  }

  function lost(error: Error): void {
    if (current) next = Promise.withResolvers()
    current = undefined
    isBlocked = false
    const reason = error.message || String((error as NodeJS.ErrnoException).code)
    // One line for each thing that is wrong, however often it is tried.
    if (reason !== failure)
      log.error({ broker, reason, advice: adviceOn(reason) }, 'RabbitMQ unavailable, change events wait')
    failure = reason
  }

  return {
    session: () => next.promise,
    isFailing: () => failure !== undefined || isBlocked,
    async close() {
      closing.abort()
      const timer = setTimeout(() => destroying.abort(), current ? CLOSE_TIMEOUT_MS : 0)
      current?.close()
      await running
      clearTimeout(timer)
    },
  }
}
