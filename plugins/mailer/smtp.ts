/** Sends mails by SMTP, through nodemailer's connection pool. */
import { createRequire } from 'node:module'
import type { NodemailerError } from 'nodemailer'
import { parseMailFrom } from './mail-from.ts'
import { DeliveryFailed, type FailedStep, MailRejected, type Transport } from './transport.ts'

// As an ES module it would import `node:http` as one, and Node would then load all of `fetch` and WebSocket at the start.
const { createTransport } = createRequire(import.meta.url)('nodemailer') as typeof import('nodemailer')

interface SmtpOptions {
  MAIL_FROM: string
  PUBLIC_URL: string
  SMTP_CLIENT_NAME: string
}

/** In ms. A silent server frees its connection after these; one that trickles is cut off by the signal given to `send`. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 }

/**
 * Opens no connection before the first mail.
 * @param url may carry options of nodemailer: `smtp://host:587?tls.rejectUnauthorized=false`
 */
export function smtpTransport(url: string, maxConnections: number, options: SmtpOptions): Transport {
  const { SMTP_CLIENT_NAME: name } = options
  const pool = createTransport({ url, pool: true, maxConnections, maxRequeues: 1, name, ...TIMEOUTS })
  const { hostname } = new URL(options.PUBLIC_URL)
  const from = parseMailFrom(options.MAIL_FROM)

  return {
    async send({ id, to, ...content }, signal) {
      // nodemailer would replace these by a space, and the mail would reach somebody else.
      if (/[\p{Cc}<>]/u.test(to)) throw new MailRejected('the recipient has a character that SMTP cannot carry')
      // To a server without SMTPUTF8 (RFC 6531), nodemailer would send them as they are. Sign-up and import reject them too.
      if (/[^\0-\x7f].*@/s.test(to))
        throw new MailRejected('the local part is not ASCII, and SMTPUTF8 is not supported')
      await pool
        .sendMail({
          ...content,
          from,
          // An object is taken as one address; a string would be parsed as a list.
          to: { name: '', address: to },
          // Lets the receiving side recognize a duplicate (RFC 5322 §3.6.4).
          messageId: `<${id}@${hostname}>`,
          // Suppresses vacation replies (RFC 3834 §5).
          headers: { 'Auto-Submitted': 'auto-generated' },
          xMailer: false,
          disableFileAccess: true,
          disableUrlAccess: true,
          signal,
        })
        .catch(throwFailure)
    },
    async verify() {
      await pool.verify().catch(throwFailure)
    },
    close: () => pool.close(),
  }
}

/**
 * A recipient that does not exist or cannot be written (RFC 3463 §3.2): other 5.1.x are about the sender, or about nobody in particular. Without an
 * enhanced code, only a 501 is about the syntax of the recipient: qmail says 553 when it does not relay for us, or refuses our sender.
 */
const NO_SUCH_RECIPIENT = /^(?:5\d\d[ -]5\.1\.(?:1|2|3|6|10)\b|501[ -](?!5\.\d))/
/** The recipient's mailbox is full, disabled or the like (RFC 3463 §3.3). */
const MAILBOX_STATUS = /^5\d\d[ -]5\.2\.\d/

/**
 * Only a missing recipient is final. Any other refusal, permanent as it may call itself, is about our configuration or the server's ("Relay access
 * denied"), which an operator will fix.
 */
function throwFailure(error: NodemailerError): never {
  const { message, response = '', permanent = false } = error
  const step = stepOf(error)
  const isAboutMail = step === 'recipient' || step === 'message'
  if (isAboutMail && NO_SUCH_RECIPIENT.test(response)) throw new MailRejected(message, { cause: error })
  const affectsAll = !isAboutMail || (permanent && !MAILBOX_STATUS.test(response))
  throw new DeliveryFailed(message, step, affectsAll, { cause: error })
}

const STEPS: Record<string, FailedStep> = {
  'MAIL FROM': 'sender',
  'RCPT TO': 'recipient',
  DATA: 'message',
  // nodemailer itself cannot send this mail.
  API: 'message',
}

function stepOf({ command = '' }: NodemailerError): FailedStep {
  return STEPS[command] ?? (command.startsWith('AUTH') ? 'authentication' : 'connection')
}
