/** Delivery of one claimed mail: it is sent, dropped, parked or deferred. */
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import type { Kysely } from 'kysely'
import { isUnavailable } from '#sql/connection/errors.ts'
import { finishMail, type Mail, postponeMail } from '#sql/outbox.ts'
import type { Tables } from '#sql/tables.ts'
import { type ComposeOptions, compose } from './compose.ts'
import type { DeliveryStatus } from './status.ts'
import { DeliveryFailed, MailRejected, type Transport } from './transport.ts'

export interface DeliveryContext {
  db: Kysely<Tables>
  log: FastifyBaseLogger
  transport: Transport
  config: ComposeOptions
  status: DeliveryStatus
}

/** Age at which a mail that cannot be sent is parked. */
const MAX_AGE_MS = 24 * 3_600_000
/** Even if it is older: the process may have been down for a day, or an operator has it retried, and the first attempt may meet greylisting. */
const MIN_ATTEMPTS = 10
const MAX_RETRY_DELAY_MS = 600_000
/** Between two attempts to record that a mail was sent. */
const RECORD_RETRY_MS = 500

/**
 * Sends a claimed mail, unless it has become obsolete, and records the outcome.
 * @param signal ends the attempt
 * @throws what the database throws; the mail then stays claimed, and is picked up again when the claim expires
 */
export async function deliver(context: DeliveryContext, mail: Mail, signal: AbortSignal): Promise<void> {
  const { db, transport, config, status } = context
  let secrets: string[] = []
  try {
    const composed = await compose(db, config, mail)
    if ('obsolete' in composed) return await drop(context, mail, composed.obsolete)
    secrets = composed.secrets
    await transport.send(composed.message, signal)
    status.delivered()
  } catch (error) {
    return await handleFailure(context, mail, error, secrets)
  }
  // Not in the `try`: a mail that was sent must not be deferred, whatever happens to the database now.
  await recordSent(context, mail, signal)
}

/** A mail that was sent but is not marked so would be sent twice: retries until the database answers or `signal` aborts. */
async function recordSent({ db, log }: DeliveryContext, mail: Mail, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await finishMail(db, mail, 'sent')
      return log.info({ mail: mail.id, template: mail.template, attempts: mail.attempts }, 'mail sent')
    } catch (err) {
      if (signal.aborted) throw err
      log.warn({ err, mail: mail.id }, 'mail sent but not recorded, retrying')
      await pause(RECORD_RETRY_MS, undefined, { signal }).catch(() => {})
    }
  }
}

async function drop({ db, log }: DeliveryContext, mail: Mail, reason: string): Promise<void> {
  await finishMail(db, mail, 'dropped', reason)
  log.info({ mail: mail.id, template: mail.template, reason }, 'mail dropped')
}

async function handleFailure(context: DeliveryContext, mail: Mail, error: unknown, secrets: string[]): Promise<void> {
  const { db, log, status } = context
  const reason = redact(secrets, error instanceof Error ? error.message : String(error))
  const details = { mail: mail.id, template: mail.template, attempts: mail.attempts, reason }
  const isExpired = Date.now() - mail.created_at >= MAX_AGE_MS && mail.attempts >= MIN_ATTEMPTS
  const isFinal = error instanceof MailRejected || isExpired
  status.failed(error, isFinal ? 'parked' : 'deferred')
  if (isBug(error)) log.error({ err: withReason(error, reason), mail: mail.id, template: mail.template }, 'mail failed')
  if (isFinal) {
    await finishMail(db, mail, 'parked', reason)
    return log.error(details, 'mail parked')
  }
  await postponeMail(db, mail, Date.now() + retryDelay(mail.attempts), reason)
  log.warn(details, 'mail deferred')
}

/** Neither the mail server nor the database is to blame. */
function isBug(error: unknown): error is Error {
  if (error instanceof MailRejected || error instanceof DeliveryFailed) return false
  return error instanceof Error && !isUnavailable(error)
}

/** The same error with another message, in its stack too. */
function withReason({ name, message, stack = '' }: Error, reason: string): Error {
  return Object.assign(new Error(reason), { name, stack: stack.replace(message, () => reason) })
}

/** 2 s, 4 s, 8 s … 10 min, minus a jitter of up to half: mails that failed together must not all be retried at once. */
function retryDelay(attempts: number): number {
  const longest = Math.min(1000 * 2 ** attempts, MAX_RETRY_DELAY_MS)
  return Math.round(longest * (1 - Math.random() / 2))
}

/** An SMTP server may quote the mail in its error message, which is logged. */
function redact(secrets: string[], reason: string): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '[token]'), reason)
}
