/** The text that Prometheus scrapes. Anybody who scrapes in a loop makes the process collect a few times a second, and hold one copy of the text. */
import type { Registry } from 'prom-client'

/** Maximum of collections per second: each costs about a millisecond. Scrapes beyond it get the last text. */
const COLLECTIONS_MAX_PER_SECOND = 20

export interface Exposition {
  contentType: string
  bytes: Buffer
}

/** @param collect its result is used by all scrapes that arrive while it runs */
export function createExposition(collect: () => Promise<Registry>): () => Promise<Exposition> {
  let last: Exposition | undefined
  let running: Promise<Exposition> | undefined
  let collections = 0
  let windowStart = 0

  async function render(): Promise<Exposition> {
    const registry = await collect()
    last = { contentType: registry.contentType, bytes: Buffer.from(await registry.metrics()) }
    return last
  }

  function mayCollect(): boolean {
    const now = performance.now()
    if (now - windowStart >= 1000) {
      windowStart = now
      collections = 0
    }
    return ++collections <= COLLECTIONS_MAX_PER_SECOND
  }

  return async () => {
    if (running) return running
    if (last && !mayCollect()) return last
    running = render().finally(() => {
      running = undefined
    })
    return running
  }
}
