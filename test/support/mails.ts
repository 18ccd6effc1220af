/** The development mailbox. Only with a single instance that mails. */
import type { FastifyInstance } from 'fastify'
import { call, mailedToken } from './app.ts'

export async function mailsTo(app: FastifyInstance, email: string) {
  await app.mailer.idle()
  return app.mailbox?.list(email) ?? []
}

/** Their subjects, the oldest first. */
export async function subjectsTo(app: FastifyInstance, email: string): Promise<string[]> {
  return (await mailsTo(app, email)).map(mail => mail.subject).reverse()
}

/** Requests a password reset. Resolves to the mail's link and code. */
export async function forgotten(app: FastifyInstance, email: string): Promise<{ token: string; code: string }> {
  // Mails are sent in parallel: an earlier one might otherwise arrive later, and be the newest.
  await app.mailer.idle()
  const { statusCode, body } = await call(app, 'POST', '/users/v1/password_forgotten', { payload: { email } })
  if (statusCode !== 200) throw new Error(`password_forgotten failed: ${body}`)
  const token = await mailedToken(app, email)
  const [mail] = await mailsTo(app, email)
  const code = /: (\d{6})\n/.exec(mail?.text ?? '')?.[1]
  if (!code) throw new Error(`no code mailed to ${email}`)
  return { token, code }
}

/** The same digits except the last. */
export function wrongCode(code: string): string {
  return `${code.slice(0, 5)}${(Number(code[5]) + 1) % 10}`
}

export function eventKinds(app: FastifyInstance, user_id: number): Promise<string[]> {
  return app.db
    .selectFrom('audit_events')
    .select('kind')
    .where('user_id', '=', user_id)
    .orderBy('id')
    .execute()
    .then(events => events.map(event => event.kind))
}
