/** The Redis channel that the processes tell each other revocations on, as `session generation`. */
import type { Cluster, Redis } from 'ioredis'

export interface Channel {
  publish(sessionId: string, lowestGood: number): Promise<unknown>
  /**
   * The number of the present subscription; undefined while there is none. What was published before it began was missed.
   * A cluster's client moves its subscription from node to node without a word, so there it proves nothing: undefined.
   */
  subscription(): number | undefined
  /** Subscribes again. That changes nothing, and its answer proves that we are connected and subscribed; where it has failed so far, it mends it. */
  ask(): Promise<void>
  close(): void
}

interface Listener {
  note(sessionId: string, lowestGood: number): void
  /** A subscription has begun. */
  subscribed(): void
  trouble(error: unknown): void
}

export function openChannel(redis: Redis | Cluster, name: string, listener: Listener): Channel {
  const subscriber = (redis as Redis).duplicate()
  let begun = 0
  let current: number | undefined

  async function subscribe(): Promise<void> {
    await subscriber.subscribe(name)
    if (current !== undefined) return
    current = ++begun
    listener.subscribed()
  }

  subscriber.on('error', () => {}) // app.redis has said so already
  subscriber.on('ready', () => void subscribe().catch(listener.trouble))
  subscriber.on('close', () => {
    current = undefined
  })
  subscriber.on('message', (_channel: string, message: string) => {
    const [sessionId = '', lowestGood = ''] = message.split(' ')
    listener.note(sessionId, Number(lowestGood))
  })

  return {
    publish: (sessionId, lowestGood) => redis.publish(name, `${sessionId} ${lowestGood}`),
    subscription: () => (redis.isCluster ? undefined : current),
    ask: subscribe,
    close: () => subscriber.disconnect(),
  }
}
