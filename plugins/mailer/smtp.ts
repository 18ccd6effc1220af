/** Sends mails by SMTP, through nodemailer's connection pool. */
import { createTransport, type NodemailerError } from 'nodemailer'
import { MailRejected, type Transport } from './transport.ts'

interface SmtpOptions {
  MAIL_FROM: string
  PUBLIC_URL: string
}

/** In ms. A silent server frees its connection after these; one that trickles is cut off by the signal given to `send`. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 }

/**
 * Opens no connection before the first mail.
 * @param url may carry options of nodemailer: `smtp://host:587?tls.rejectUnauthorized=false`
 */
export function smtpTransport(url: string, maxConnections: number, { MAIL_FROM, PUBLIC_URL }: SmtpOptions): Transport {
  const pool = createTransport({ url, pool: true, maxConnections, maxRequeues: 1, ...TIMEOUTS })
  const { hostname } = new URL(PUBLIC_URL)

  return {
    async send({ id, to, ...content }, signal) {
      // nodemailer would replace these by a space, and the mail would reach somebody else.
      if (/[\p{Cc}<>]/u.test(to)) throw new MailRejected('the recipient has a character that SMTP cannot carry')
      await pool
        .sendMail({
          ...content,
          from: MAIL_FROM,
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
        .catch(throwRejection)
    },
    close: () => pool.close(),
  }
}

/** A 5xx to RCPT TO or DATA concerns this mail. Any other, say to AUTH or MAIL FROM, concerns our configuration, which the operator will fix. */
function throwRejection(error: NodemailerError): never {
  const concernsMail = error.command === 'RCPT TO' || error.command === 'DATA'
  if (error.permanent && concernsMail) throw new MailRejected(error.message, { cause: error })
  throw error
}
