/** An application that mails to the test's own SMTP server, and steps its tests share. */

import type { FastifyInstance } from 'fastify'
import { transaction } from '#sql/connection/transaction.ts'
import { addMail, type Mail } from '#sql/outbox.ts'
import { insertUser } from '#sql/users.ts'
import { build, type Environment, newEmail, type Test } from './app.ts'
import { startSmtp } from './smtp.ts'

export const DAY = 86_400_000

export async function setUp(t: Test, env: Environment = {}, log?: { write(line: string): unknown }) {
  const smtp = await startSmtp(t)
  const app = await build(t, { SMTP_URL: smtp.url, ...env }, log)
  return { app, smtp }
}

/** Signs a user up like the route, and leaves the mail in the outbox. */
export async function signUp(app: FastifyInstance, email = newEmail()) {
  const user_id = await transaction(app.db, tx => insertUser(tx, { email, password_hash: '', access_role: 'basic' }))
  const mail_id = await promiseMail(app, { user_id, recipient: email })
  return { user_id, email, mail_id }
}

export function promiseMail(app: FastifyInstance, mail: Partial<Mail> & Pick<Mail, 'recipient'>): Promise<string> {
  const { recipient, template = 'email-verification', user_id = null } = mail
  return addMail(app.db, { template, user_id, recipient })
}

/** Has the worker try all due mails, and waits for it. */
export function work(app: FastifyInstance): Promise<void> {
  app.mailer.wake()
  return app.mailer.idle()
}

/** Advances time until every waiting mail is due, and every claim has expired. */
export async function untilDue(app: FastifyInstance): Promise<void> {
  await app.db.updateTable('outbox').set({ due_at: Date.now() }).where('outcome', 'is', null).execute()
}

export function readMail(app: FastifyInstance, id: string): Promise<Mail> {
  return app.db.selectFrom('outbox').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}

export function tokenIn(text = ''): string {
  return /[?&]token=([\w-]+)/.exec(text)?.[1] ?? ''
}

/** Queues a mail as one that was given up. @returns its id */
export async function park(app: FastifyInstance, mail: Parameters<typeof promiseMail>[1]): Promise<string> {
  const id = await promiseMail(app, mail)
  const outcome = {
    outcome: 'parked',
    finished_at: Date.now(),
    attempts: 1,
    last_error: '550 no such mailbox',
  } as const
  await app.db.updateTable('outbox').set(outcome).where('id', '=', id).execute()
  return id
}
