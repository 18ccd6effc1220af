/** One claimed mail: sent, dropped, parked, or put off. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import { finishMail, type Mail, postponeMail } from '#sql/outbox.ts'
import type { Tables } from '#sql/tables.ts'
import { type ComposeOptions, compose } from './compose.ts'
import { MailRefused, type Transport } from './transport.ts'

export interface DeliveryContext {
  db: Kysely<Tables>
  log: FastifyBaseLogger
  transport: Transport
  config: ComposeOptions
}

/** After so long (ms) a mail is given up. */
const GIVE_UP = 24 * 3_600_000
const LONGEST_DELAY = 600_000
/** Between two tries to write down that a mail was sent (ms). */
const RETRY_WRITE = 500

/**
 * Sends a claimed mail, if anybody still wants it, and writes down what came of it.
 * @param signal ends the attempt
 * @throws what the database throws; the mail then stays claimed, and is taken up again when the claim ends
 */
export async function deliver(context: DeliveryContext, mail: Mail, signal: AbortSignal): Promise<void> {
  const { db, transport, config } = context
  let secrets: string[] = []
  try {
    const composed = await compose(db, config, mail)
    if ('unwanted' in composed) return await drop(context, mail, composed.unwanted)
    secrets = composed.secrets
    await transport.send(composed.message, signal)
  } catch (error) {
    return await setBack(context, mail, error, secrets)
  }
  // Not in the `try`: a mail that has left is not put off, whatever happens to the database now.
  await markSent(context, mail, signal)
}

/** A mail that has left and is not marked would be sent twice, so the database is asked until it answers, or `signal` ends it. */
async function markSent({ db, log }: DeliveryContext, mail: Mail, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await finishMail(db, mail, 'sent')
      return log.info({ mail: mail.id, template: mail.template, attempts: mail.attempts }, 'mail sent')
    } catch (err) {
      if (signal.aborted) throw err
      log.warn({ err, mail: mail.id }, 'mail sent, and the database does not take it down: trying again')
      await pause(RETRY_WRITE, undefined, { signal }).catch(() => {})
    }
  }
}

async function drop({ db, log }: DeliveryContext, mail: Mail, reason: string): Promise<void> {
  await finishMail(db, mail, 'dropped', reason)
  log.info({ mail: mail.id, template: mail.template, reason }, 'mail dropped')
}

async function setBack({ db, log }: DeliveryContext, mail: Mail, error: unknown, secrets: string[]): Promise<void> {
  const reason = without(secrets, error instanceof Error ? error.message : String(error))
  const about = { mail: mail.id, template: mail.template, attempts: mail.attempts, reason }
  if (error instanceof MailRefused || Date.now() - mail.created_at >= GIVE_UP) {
    await finishMail(db, mail, 'parked', reason)
    return log.error(about, 'mail parked')
  }
  await postponeMail(db, mail, Date.now() + delayAfter(mail.attempts), reason)
  log.warn(about, 'mail put off')
}

/** 2 s, 4 s, 8 s … 10 min, less up to half of it: mails that failed together do not all come back at once. */
function delayAfter(attempts: number): number {
  const longest = Math.min(1000 * 2 ** attempts, LONGEST_DELAY)
  return Math.round(longest * (1 - Math.random() / 2))
}

/** A server may quote the mail in its refusal, and the refusal is logged. */
function without(secrets: string[], reason: string): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[token]'), reason)
}
