// app.mailer: sends queued mails (sql/outbox.ts) by SMTP, or puts them into app.mailbox if SMTP_URL is not set.
import fp from 'fastify-plugin'
import { DAY_MS } from '#sql/expired-rows.ts'
import {
  addMail,
  claimMail,
  listDueMails,
  type Mail,
  type MailTemplate,
  OUTBOX_RETENTION_MS,
  outboxDepth,
} from '#sql/outbox.ts'
import { createWorker, type Worker } from '#sql/queue-worker.ts'
import { type Config, isLoopback } from '../config/index.ts'
import { shared } from '../http/cached-responses/shared.ts'
import { preview } from './compose.ts'
import { contentWriter } from './content.ts'
import { deliver } from './deliver.ts'
import { createMailbox, type Mailbox } from './mailbox.ts'
import { createDeliveryStatus } from './status.ts'
import type { Transport } from './transport.ts'

declare module 'fastify' {
  interface FastifyInstance {
    mailer: Pick<Worker, 'wake' | 'idle'> & {
      /** A mail that somebody asks for by an address alone. It is not looked up here, so the response time reveals nothing: the worker finds the account. @param redirectTo where its link leads on to, already checked */
      request(template: MailTemplate, recipient: string, redirectTo?: string): Promise<void>
      /** What a queued mail would say now, without link and code; or the reason to drop it. */
      preview(mail: Mail): ReturnType<typeof preview>
    }
    /** The development mailbox; null if mails are sent by SMTP, as they always are in production. */
    mailbox: Mailbox | null
  }
}

const MAX_CONCURRENT_DELIVERIES = 5
const SEND_TIMEOUT_MS = 60_000
/** Between two checks of an SMTP server that fails. */
const CHECK_INTERVAL_MS = 60_000

export default fp(
  async app => {
    const { db, log, traces } = app
    const config = {
      ...app.config,
      resetCode: app.resetCodes.of,
      chooseLanguage: app.languages.choose,
      write: contentWriter(app),
    }
    const mailbox = createMailbox()
    const transport = config.SMTP_URL ? await openSmtp(config.SMTP_URL, config) : mailbox
    if (traces && transport !== mailbox) transport.send = traces.part('SMTP send', transport.send)
    const status = createDeliveryStatus(log)
    const context = { db, log, config, transport, status }
    const send = (mail: Mail, signal: AbortSignal) => deliver(context, mail, signal)
    const worker = createWorker<Mail>(log, {
      name: 'outbox',
      concurrency: MAX_CONCURRENT_DELIVERIES,
      timeoutMs: SEND_TIMEOUT_MS,
      due: limit => listDueMails(db, Date.now(), limit),
      claim: (mail, until) => claimMail(db, mail, until),
      deliver: traces?.job('mail', send) ?? send,
      idOf: mail => mail.id,
    })
    const wake = app.worksInBackground ? worker.wake : () => {}
    app.decorate('mailer', {
      wake,
      idle: worker.idle,
      async request(template, recipient, redirectTo) {
        await addMail(db, { template, user_id: null, recipient, redirect_to: redirectTo ?? null })
        app.mailer.wake()
      },
      preview: mail => preview(db, config, mail),
    })
    app.decorate('mailbox', transport === mailbox ? mailbox : null)
    if (app.mailbox && !isLoopback(config.HOST))
      app.log.warn({ host: config.HOST }, 'development mailbox: whoever can reach this address reads every mail')

    app.cleanUp.add({ table: 'outbox', key: 'id', time: 'finished_at', retentionMs: OUTBOX_RETENTION_MS })
    app.cleanUp.add({ table: 'one_time_tokens', key: 'token_hash', time: 'expires_at', retentionMs: 0 })
    // A mail is retried for a day, and its link works for a while after that.
    const retentionMs = 2 * DAY_MS + config.EMAIL_TOKEN_TTL_SECONDS * 1000
    app.cleanUp.add({ table: 'email_changes', key: 'user_id', time: 'created_at', retentionMs })
    const depth = shared(() => outboxDepth(db).catch(() => undefined))
    app.metrics.add({
      type: 'gauge',
      name: 'holocron_outbox_waiting',
      help: 'Mails waiting to be sent',
      aggregator: 'max',
      collect: async () => (await depth())?.waiting,
    })
    app.metrics.add({
      type: 'gauge',
      name: 'holocron_outbox_oldest_seconds',
      help: 'Age of the mail that has waited longest',
      aggregator: 'max',
      async collect() {
        const oldest = (await depth())?.oldest_created_at
        if (oldest === undefined) return undefined
        return oldest === null ? 0 : (Date.now() - oldest) / 1000
      },
    })

    app.metrics.add({
      type: 'gauge',
      name: 'holocron_outbox_parked',
      help: 'Mails given up within the last week',
      aggregator: 'max',
      collect: async () => (await depth())?.parked,
    })
    app.metrics.add({
      type: 'counter',
      name: 'holocron_mail_failures_total',
      help: 'Failed attempts to send a mail, by what becomes of it and by the step that failed',
      labelNames: ['outcome', 'reason'],
      collect: status.counts,
    })
    app.health.add('mail', {
      whenDown: 'degraded',
      check: () => (transport === mailbox ? 'absent' : status.isFailing() ? 'down' : 'up'),
    })

    const succeeded = () => {
      log.info('SMTP server checked')
      status.checked()
    }
    const check = async () => transport.verify?.().then(succeeded, status.checked)
    const timers = [
      setInterval(wake, config.MAIL_POLL_SECONDS * 1000).unref(),
      // Otherwise a server that was down at the start would count as down until somebody needs a mail.
      setInterval(() => status.isFailing() && void check(), CHECK_INTERVAL_MS).unref(),
    ]
    app.addHook('onReady', async () => {
      wake()
      // Not awaited: the service works without mails. But the operator should know before the first one is missed.
      if (app.worksInBackground) void check()
    })
    app.addHook('onClose', async () => {
      timers.forEach(clearInterval)
      await worker.stop()
      transport.close()
    })
  },
  {
    name: 'mailer',
    dependencies: ['clean-up', 'config', 'db', 'health', 'languages', 'metrics', 'reset-codes', 'templates', 'traces'],
  },
)

/** Loaded on demand: the embedded profile starts faster without it. */
async function openSmtp(url: string, config: Config): Promise<Transport> {
  const { smtpTransport } = await import('./smtp.ts')
  return smtpTransport(url, MAX_CONCURRENT_DELIVERIES, config)
}
