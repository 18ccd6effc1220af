/** The transactional outbox: mails committed with the change that causes them, until they are sent, dropped or parked. */
import { createHash, randomUUIDv7 } from 'node:crypto'
import type { Generated, Kysely, Selectable, Transaction } from 'kysely'
import { DAY_MS } from './expired-rows.ts'
import { countParkedMails } from './parked-mails.ts'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    outbox: OutboxTable
  }
}

export interface OutboxTable {
  id: string
  template: MailTemplate
  /** Null if the mail was requested by e-mail alone; the worker looks the user up. */
  user_id: number | null
  recipient: string
  /** What only this mail says, in words. Not secret. */
  details: Generated<string | null>
  /** Where the recipient wanted to go, for the link. Checked when it was written, and again by the page behind the link. */
  redirect_to: Generated<string | null>
  created_at: number
  /** Not to be sent before. A claim moves it ahead, so that the mail of a killed worker is picked up again. */
  due_at: number
  attempts: Generated<number>
  last_error: string | null
  /** sent, dropped (no longer wanted) or parked (given up); null while it waits. */
  outcome: 'sent' | 'dropped' | 'parked' | null
  finished_at: number | null
}

/** The names of the mail templates. Each declares its own: plugins/mailer/templates/. */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface MailTemplates {}

export type MailTemplate = keyof MailTemplates
export type Mail = Selectable<OutboxTable>

/**
 * Queues a mail, due at once. Call it in the transaction that causes the mail, and `app.mailer.wake()` after the commit.
 * @param mail with a `user_id` of null, the worker looks the user up by e-mail and drops the mail if there is none
 * @returns the mail's id
 */
export async function addMail(
  db: Kysely<Tables>,
  mail: Pick<Mail, 'template' | 'user_id' | 'recipient'> & Partial<Pick<Mail, 'details' | 'redirect_to'>>,
): Promise<string> {
  const id = randomUUIDv7()
  const now = Date.now()
  await db
    .insertInto('outbox')
    .values({ ...mail, id, created_at: now, due_at: now })
    .execute()
  return id
}

/** Mails that are due, the longest waiting first. */
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
 * Claims a due mail by compare-and-swap: one winner among any number of workers.
 * @param until when the claim ends (ms since 1970) and the mail, if it still waits, may be claimed again
 * @returns the claimed mail, or undefined if another worker was faster
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

/** It says that its account is deleted: once it is sent, nothing personal is left of that. */
const LAST_MAIL = 'account-deleted'

/** Records the final outcome of a mail. */
export async function finishMail(
  db: Kysely<Tables>,
  mail: Mail,
  outcome: NonNullable<Mail['outcome']>,
  reason: string | null = null,
): Promise<void> {
  const forgotten = mail.template === LAST_MAIL && outcome !== 'parked'
  await db
    .updateTable('outbox')
    .set({ outcome, finished_at: Date.now(), last_error: truncate(reason) })
    .$if(forgotten, query => query.set({ recipient: pseudonymOf(mail.recipient), details: null }))
    .where('id', '=', mail.id)
    .where('outcome', 'is', null)
    .execute()
}

/** Defers a claimed mail until `dueAt`; no effect if the claim has ended and another worker holds the mail. */
export async function postponeMail(db: Kysely<Tables>, mail: Mail, dueAt: number, reason: string): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ due_at: dueAt, last_error: truncate(reason) })
    .where('id', '=', mail.id)
    .where('outcome', 'is', null)
    .where('due_at', '=', mail.due_at)
    .execute()
}

/** How long mails are kept that were sent, dropped or parked. */
export const OUTBOX_RETENTION_MS = 7 * DAY_MS

/** The period in which mails to one recipient are limited. */
export const MAIL_LIMIT_PERIOD_MS = 3_600_000

/**
 * Deletes the mails of a user who is being deleted. Those that were just sent still count for the limit of their recipient, or deleting
 * the account would reset it: they stay for that time, with a hash in place of the address.
 */
export async function forgetMails(tx: Transaction<Tables>, user_id: number): Promise<void> {
  for (const { id, recipient, created_at } of await listRecentMails(tx, user_id))
    await tx
      .updateTable('outbox')
      .set({
        user_id: null,
        recipient: pseudonymOf(recipient),
        details: null,
        redirect_to: null,
        last_error: null,
        finished_at: created_at + MAIL_LIMIT_PERIOD_MS - OUTBOX_RETENTION_MS,
      })
      .where('id', '=', id)
      .execute()
  await tx.deleteFrom('outbox').where('user_id', '=', user_id).execute()
  // Mails that were requested by e-mail alone carry no user id.
  const email = tx.selectFrom('users').select('email').where('id', '=', user_id)
  await tx.deleteFrom('outbox').where('user_id', 'is', null).where('recipient', '=', email).execute()
}

async function listRecentMails(tx: Transaction<Tables>, user_id: number) {
  const recent = tx
    .selectFrom('outbox')
    .select(['id', 'recipient', 'created_at'])
    .where('outcome', '=', 'sent')
    .where('created_at', '>=', Date.now() - MAIL_LIMIT_PERIOD_MS)
  const email = tx.selectFrom('users').select('email').where('id', '=', user_id)
  const own = await recent.where('user_id', '=', user_id).execute()
  const requested = await recent.where('user_id', 'is', null).where('recipient', '=', email).execute()
  return [...own, ...requested]
}

function pseudonymOf(recipient: string): string {
  return `sha256:${createHash('sha256').update(recipient).digest('hex')}`
}

/** Counts mails of the same template, to the same recipient or user, that were queued before this one and after `since`; dropped ones do not count. */
export async function countEarlierMails(
  db: Kysely<Tables>,
  mail: Mail,
  since: number,
  by: 'recipient' | 'user_id' = 'recipient',
): Promise<number> {
  const { count } = await db
    .selectFrom('outbox')
    .select(eb => eb.fn.countAll<number>().as('count'))
    .where(eb => (by === 'recipient' ? eb(by, 'in', [mail[by], pseudonymOf(mail[by])]) : eb(by, '=', mail[by])))
    .where('template', '=', mail.template)
    .where('created_at', '>=', since)
    .where('id', '<', mail.id)
    .where(eb => eb.or([eb('outcome', 'is', null), eb('outcome', '!=', 'dropped')]))
    .executeTakeFirstOrThrow()
  return count
}

export interface OutboxDepth {
  waiting: number
  /** When the longest waiting mail was queued (ms since 1970); null if none waits. */
  oldest_created_at: number | null
  /** Mails given up, as long as they are kept. */
  parked: number
}

/** The workers' backlog. */
export async function outboxDepth(db: Kysely<Tables>): Promise<OutboxDepth> {
  const waiting = await db
    .selectFrom('outbox')
    .select(eb => [
      eb.fn.countAll<number>().as('waiting'),
      eb.fn.min<number | null>('created_at').as('oldest_created_at'),
    ])
    .where('outcome', 'is', null)
    .executeTakeFirstOrThrow()
  return { ...waiting, parked: await countParkedMails(db) }
}

/** The column holds 255 characters. */
function truncate(reason: string | null): string | null {
  return reason === null ? null : reason.slice(0, 255)
}
