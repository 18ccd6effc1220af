/** Mails leave by SMTP, through nodemailer's pool. */
import { createTransport, type NodemailerError } from 'nodemailer'
import { MailRefused, type Transport } from './transport.ts'

interface SmtpOptions {
  MAIL_FROM: string
  PUBLIC_URL: string
}

/** A silent server gives its connection back after so long (ms). One that trickles is cut off by the signal given to `send`. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 }

/**
 * Opens no connection before the first mail.
 * @param url may carry options of nodemailer: `smtp://host:587?tls.rejectUnauthorized=false`
 * @param maxConnections at a time
 */
export function smtpTransport(url: string, maxConnections: number, { MAIL_FROM, PUBLIC_URL }: SmtpOptions): Transport {
  const pool = createTransport({ url, pool: true, maxConnections, maxRequeues: 1, ...TIMEOUTS })
  const { hostname } = new URL(PUBLIC_URL)

  return {
    async send({ id, to, ...content }, signal) {
      // nodemailer would put a space for these, and the mail would reach somebody else.
      if (/[\p{Cc}<>]/u.test(to)) throw new MailRefused('the address has a character that SMTP cannot carry')
      await pool
        .sendMail({
          ...content,
          from: MAIL_FROM,
          // An object is taken as one address; a string would be parsed as a list of them.
          to: { name: '', address: to },
          // The receiving side recognises a second copy by it (RFC 5322 §3.6.4).
          messageId: `<${id}@${hostname}>`,
          // Asks holiday notices not to answer (RFC 3834 §5).
          headers: { 'Auto-Submitted': 'auto-generated' },
          xMailer: false,
          disableFileAccess: true,
          disableUrlAccess: true,
          signal,
        })
        .catch(throwRefusal)
    },
    close: () => pool.close(),
  }
}

/** A 5xx to RCPT TO or DATA is about this mail. Any other, to a login or to MAIL FROM say, is about us, and the operator will mend it. */
function throwRefusal(error: NodemailerError): never {
  const aboutThisMail = error.command === 'RCPT TO' || error.command === 'DATA'
  if (error.permanent && aboutThisMail) throw new MailRefused(error.message, { cause: error })
  throw error
}
