import { setTimeout as pause } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../tables.ts'
import { isRetryable } from './errors.ts'

const MAX_ATTEMPTS = 4

/**
 * Runs `work` in a transaction and retries it after a deadlock, so `work` must have no effect outside the database.
 */
export async function transaction<T>(db: Kysely<Tables>, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || !isRetryable(error)) throw error
      await pause(Math.random() * 20 * attempt)
    }
  }
}
