import { setTimeout as pause } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../tables.ts'
import { isRetryable } from './errors.ts'

const ATTEMPTS = 4

/**
 * Runs `work` in a transaction: all of it is committed, or nothing. A deadlock rolls back and runs it again, a few times,
 * so `work` must have no effect outside the database.
 */
export async function transaction<T>(db: Kysely<Tables>, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error
      await pause(Math.random() * 20 * attempt)
    }
  }
}
