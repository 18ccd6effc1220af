/** Mails of the outbox that were given up, and may be retried once the cause is fixed. */
import type { Kysely, Selectable, Transaction } from 'kysely'
import type { Tables } from './tables.ts'

type Mail = Selectable<Tables['outbox']>

/**
 * A page of parked mails, those given up first coming first.
 * @param after the last mail of the previous page
 */
export function listParkedMails(
  db: Kysely<Tables>,
  limit: number,
  after?: Pick<Mail, 'due_at' | 'id'>,
): Promise<Mail[]> {
  let query = db
    .selectFrom('outbox')
    .selectAll()
    .where('outcome', '=', 'parked')
    .orderBy('due_at')
    .orderBy('id')
    .limit(limit)
  if (after !== undefined)
    query = query
      .where('due_at', '>=', after.due_at)
      .where(({ and, eb, or }) =>
        or([eb('due_at', '>', after.due_at), and([eb('due_at', '=', after.due_at), eb('id', '>', after.id)])]),
      )
  return query.execute()
}

export function findParkedMail(db: Kysely<Tables>, id: Mail['id']): Promise<Mail | undefined> {
  return db.selectFrom('outbox').selectAll().where('id', '=', id).where('outcome', '=', 'parked').executeTakeFirst()
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
 * Locks those of the mails that are still parked until the transaction ends: another request may have retried the others. An UPDATE because SQLite has no
 * SELECT … FOR UPDATE.
 */
export async function lockParkedMails(tx: Transaction<Tables>, ids: Mail['id'][]): Promise<Mail[]> {
  if (ids.length === 0) return []
  await tx
    .updateTable('outbox')
    .set({ outcome: 'parked' })
    .where('id', 'in', ids)
    .where('outcome', '=', 'parked')
    .execute()
  return tx.selectFrom('outbox').selectAll().where('id', 'in', ids).where('outcome', '=', 'parked').execute()
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
