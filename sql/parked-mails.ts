/** Mails of the outbox that were given up, and may be retried once the cause is fixed. */
import type { Kysely, Selectable } from 'kysely'
import type { Tables } from './tables.ts'

type Mail = Selectable<Tables['outbox']>

/** Parked mails, those given up first coming first. */
export function listParkedMails(
  db: Kysely<Tables>,
  limit: number,
): Promise<Pick<Mail, 'id' | 'template' | 'recipient' | 'last_error'>[]> {
  return db
    .selectFrom('outbox')
    .select(['id', 'template', 'recipient', 'last_error'])
    .where('outcome', '=', 'parked')
    .orderBy('due_at')
    .limit(limit)
    .execute()
}

/** Mails that are parked, as long as they are kept. */
export async function countParkedMails(db: Kysely<Tables>): Promise<number> {
  const { count } = await db
    .selectFrom('outbox')
    .select(eb => eb.fn.countAll<number>().as('count'))
    .where('outcome', '=', 'parked')
    .executeTakeFirstOrThrow()
  return Number(count)
}

/**
 * Makes parked mails due again. The time of their creation stays: what has changed in the account since makes them obsolete.
 * @returns how many of them were parked
 */
export async function retryParkedMails(db: Kysely<Tables>, ids: Mail['id'][]): Promise<number> {
  if (ids.length === 0) return 0
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set({ outcome: null, finished_at: null, attempts: 0, due_at: Date.now() })
    .where('id', 'in', ids)
    .where('outcome', '=', 'parked')
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}
