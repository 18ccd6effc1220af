/** The Redis channel on which processes publish revocations to each other: `session generation`, or `* time` for all sessions. */
import type { Cluster, Redis } from 'ioredis'

export interface Channel {
  publish(sessionId: string, minGeneration: number): Promise<unknown>
  /** @param notBefore tokens issued before it are revoked (s since 1970) */
  publishAll(notBefore: number): Promise<unknown>
  /**
   * The number of the current subscription; undefined while there is none. Messages published before it began were missed.
   * Always undefined with a cluster: its client moves the subscription between nodes without an event.
   */
  subscription(): number | undefined
  /** Subscribes again: a no-op whose reply proves that we are connected and subscribed. If an earlier attempt failed, it repairs that. */
  confirm(): Promise<void>
  close(): void
}

interface Listener {
  revoked(sessionId: string, minGeneration: number): void
  allRevoked(notBefore: number): void
  /** A new subscription has begun. */
  subscribed(): void
  failed(error: unknown): void
}

const ALL = '*'

export function openChannel(redis: Redis | Cluster, name: string, listener: Listener): Channel {
  const subscriber = (redis as Redis).duplicate()
  let count = 0
  let current: number | undefined

  async function subscribe(): Promise<void> {
    await subscriber.subscribe(name)
    if (current !== undefined) return
    current = ++count
    listener.subscribed()
  }

  subscriber.on('error', () => {}) // Logged by plugins/redis.ts for the main connection.
  subscriber.on('ready', () => void subscribe().catch(listener.failed))
  subscriber.on('close', () => {
    current = undefined
  })
  subscriber.on('message', (_channel: string, message: string) => {
    const [revoked = '', value = ''] = message.split(' ')
    if (revoked === ALL) listener.allRevoked(Number(value))
    else listener.revoked(revoked, Number(value))
  })

  return {
    publish: (sessionId, minGeneration) => redis.publish(name, `${sessionId} ${minGeneration}`),
    publishAll: notBefore => redis.publish(name, `${ALL} ${notBefore}`),
    subscription: () => (redis.isCluster ? undefined : current),
    confirm: subscribe,
    close: () => subscriber.disconnect(),
  }
}
