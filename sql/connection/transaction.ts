import { setTimeout as pause } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import { addChangeEvents } from '../change-events.ts'
import type { Tables } from '../tables.ts'
import { announceChanges, changesOf } from './changes.ts'
import { isRetryable } from './errors.ts'

const MAX_ATTEMPTS = 4

/**
 * Runs `work` in a transaction and retries it after a deadlock, so `work` must have no effect outside the database.
 * The changes that it notes are written with them, as events.
 */
export async function transaction<T>(db: Kysely<Tables>, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      let written = 0
      const result = await db.transaction().execute(async tx => {
        const result = await work(tx)
        const changes = changesOf(tx)
        // Last, with the changed rows locked: so the events of each are in the order of their changes.
        await addChangeEvents(tx, changes)
        written = changes.length
        return result
      })
      if (written > 0) announceChanges(db)
      return result
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isRetryable(error)) throw error
      await pause(Math.random() * 20 * attempt)
    }
  }
}
