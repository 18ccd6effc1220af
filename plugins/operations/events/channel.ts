/** The Redis channel on which processes tell each other that there are new events. The database has them: what is lost here is found by polling. */
import type { Cluster, Redis } from 'ioredis'

export interface Channel {
  publish(): void
  /** From now on `heard` is called for what other processes publish, and for one's own. */
  subscribe(heard: () => void): void
  close(): void
}

const SILENT: Channel = { publish() {}, subscribe() {}, close() {} }

export function openChannel(redis: Redis | Cluster | undefined, name: string): Channel {
  if (!redis) return SILENT
  let subscriber: Redis | undefined
  let publishing = false
  let again = false

  async function publish(): Promise<void> {
    again = true
    if (publishing) return
    publishing = true
    while (again) {
      again = false
      await redis?.publish(name, '').catch(() => {})
    }
    publishing = false
  }

  return {
    publish: () => void publish(),
    subscribe(heard) {
      if (subscriber) return
      const own = (redis as Redis).duplicate()
      subscriber = own
      own.on('error', () => {}) // Logged by plugins/redis.ts for the main connection.
      own.on('ready', () => void own.subscribe(name).then(heard, () => {}))
      own.on('message', heard)
    },
    close: () => subscriber?.disconnect(),
  }
}
