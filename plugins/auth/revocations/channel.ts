/** The Redis channel on which processes publish revocations to each other: `session,… generation grace`, or `* time` for all sessions. */
import type { Cluster, Redis } from 'ioredis'

export interface Channel {
  /** @param graceMs how long the access token of the generation before still works */
  publish(sessionIds: string[], minGeneration: number, graceMs: number): Promise<unknown>
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
  revoked(sessionId: string, minGeneration: number, graceMs: number): void
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
    // The previous release sends no grace period.
    const [revoked = '', value = '', grace = '0'] = message.split(' ')
    if (revoked === ALL) return listener.allRevoked(Number(value))
    for (const sessionId of revoked.split(',')) listener.revoked(sessionId, Number(value), Number(grace))
  })

  return {
    publish: (sessionIds, minGeneration, graceMs) =>
      redis.publish(name, `${sessionIds.join(',')} ${minGeneration} ${graceMs}`),
    publishAll: notBefore => redis.publish(name, `${ALL} ${notBefore}`),
    subscription: () => (redis.isCluster ? undefined : current),
    confirm: subscribe,
    close: () => subscriber.disconnect(),
  }
}
