/** Gives events their positions, and says that there are new ones. */
import type { Kysely } from 'kysely'
import { readHead, stampChangeEvents } from '#sql/change-positions.ts'
import type { Tables } from '#sql/tables.ts'

const BATCH_SIZE = 500

export interface Stamper {
  /** Stamps what is committed. @returns the last position */
  stamp(): Promise<number>
  /** The same, without waiting, and once more if it is already doing so: it may have missed what was committed meanwhile. */
  wake(): void
  idle(): Promise<void>
}

/** @param news gets the last position, whenever it has grown */
export function createStamper(
  db: Kysely<Tables>,
  news: (position: number) => void,
  failed: (error: unknown) => void,
): Stamper {
  let known = -1
  let again = false
  let running: Promise<void> | undefined

  async function stamp(): Promise<number> {
    let head = await readHead(db)
    // What is committed meanwhile is for the next time, or this one might never end.
    for (let isMore = head.isBehind; isMore; head = await readHead(db))
      isMore = (await stampChangeEvents(db, BATCH_SIZE)) === BATCH_SIZE
    if (head.position > known) {
      known = head.position
      news(known)
    }
    return head.position
  }

  async function run(): Promise<void> {
    while (again) {
      again = false
      await stamp().catch(failed)
    }
  }

  return {
    stamp,
    wake() {
      again = true
      running ??= run().finally(() => {
        running = undefined
      })
    },
    idle: async () => running,
  }
}
