/** The outbox: mails that a committed transaction promised, until they are sent, dropped or parked. */
import { randomUUIDv7 } from 'node:crypto'
import type { Kysely, Selectable } from 'kysely'
import type { OutboxTable, Tables } from './tables.ts'

export type Mail = Selectable<OutboxTable>

/**
 * Promises a mail, due at once. Call it in the transaction that causes the mail, and `app.mailer.wake()` after the commit.
 * @param mail a `user_id` of null asks for a mail by address alone: the worker finds out whose it is, if anybody's
 * @returns the mail's id
 */
export async function addMail(
  db: Kysely<Tables>,
  mail: Pick<Mail, 'template' | 'user_id' | 'recipient'>,
): Promise<string> {
  const id = randomUUIDv7()
  const now = Date.now()
  await db
    .insertInto('outbox')
    .values({ ...mail, id, created_at: now, due_at: now })
    .execute()
  return id
}

/** Mails whose time has come, the longest waiting first. */
export function listDueMails(db: Kysely<Tables>, now: number, limit: number): Promise<Mail[]> {
  return db
    .selectFrom('outbox')
    .selectAll()
    .where('outcome', 'is', null)
    .where('due_at', '<=', now)
    .orderBy('due_at')
    .limit(limit)
    .execute()
}

/**
 * Takes a mail that was seen due, for as long as nobody else has: one winner among any number of workers.
 * @param until when the claim ends (ms since 1970) and the mail, if it still waits, is free to be taken again
 * @returns the mail as it is now, or undefined where another worker was quicker
 */
export async function claimMail(db: Kysely<Tables>, seen: Mail, until: number): Promise<Mail | undefined> {
  const claimed = { due_at: until, attempts: seen.attempts + 1 }
  const { numUpdatedRows } = await db
    .updateTable('outbox')
    .set(claimed)
    .where('id', '=', seen.id)
    .where('outcome', 'is', null)
    .where('due_at', '=', seen.due_at)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n ? { ...seen, ...claimed } : undefined
}

/** Closes a mail for good. */
export async function finishMail(
  db: Kysely<Tables>,
  mail: Mail,
  outcome: NonNullable<Mail['outcome']>,
  reason: string | null = null,
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ outcome, finished_at: Date.now(), last_error: truncate(reason) })
    .where('id', '=', mail.id)
    .where('outcome', 'is', null)
    .execute()
}

/** Puts a claimed mail off until `dueAt`; without effect when the claim has ended and another worker holds the mail. */
export async function postponeMail(db: Kysely<Tables>, mail: Mail, dueAt: number, reason: string): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ due_at: dueAt, last_error: truncate(reason) })
    .where('id', '=', mail.id)
    .where('outcome', 'is', null)
    .where('due_at', '=', mail.due_at)
    .execute()
}

/** How many mails of the same template were asked for before this one, to the same address or by the same user, since `since`; dropped ones do not count. */
export async function countEarlierMails(
  db: Kysely<Tables>,
  mail: Mail,
  since: number,
  by: 'recipient' | 'user_id' = 'recipient',
): Promise<number> {
  const { count } = await db
    .selectFrom('outbox')
    .select(eb => eb.fn.countAll<number>().as('count'))
    .where(by, '=', mail[by])
    .where('template', '=', mail.template)
    .where('created_at', '>=', since)
    .where('id', '<', mail.id)
    .where(eb => eb.or([eb('outcome', 'is', null), eb('outcome', '!=', 'dropped')]))
    .executeTakeFirstOrThrow()
  return count
}

export interface OutboxDepth {
  waiting: number
  /** When the longest waiting mail was asked for (ms since 1970); null while none waits. */
  oldest_created_at: number | null
}

/** How much the workers have before them. */
export async function outboxDepth(db: Kysely<Tables>): Promise<OutboxDepth> {
  return await db
    .selectFrom('outbox')
    .select(eb => [
      eb.fn.countAll<number>().as('waiting'),
      eb.fn.min<number | null>('created_at').as('oldest_created_at'),
    ])
    .where('outcome', 'is', null)
    .executeTakeFirstOrThrow()
}

/** The column holds 255 characters. */
function truncate(reason: string | null): string | null {
  return reason === null ? null : reason.slice(0, 255)
}
