/** Single operations timed on databases of several sizes, each on a user who has not been used before. */
import { randomUUIDv7 } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { Tables } from '../../sql/tables.ts'
import { call, type Response } from '../harness/client.ts'
import { emailOf, PASSWORD, sessionId, userId } from '../harness/fill.ts'
import type { Operation, Sized } from '../harness/growth.ts'
import type { Signer } from '../harness/tokens.ts'

/** A running service with a number of users. */
export interface Subject extends Sized {
  service: { url: string }
  db: Kysely<Tables>
  signer: Signer
  /** Index of the next user with a verified e-mail address. */
  nextVerified(): number
  nextUnverified(): number
}

/** Mails due at once. */
const MAILS = 90
const MAIL_TIMEOUT_MS = 60_000

/** In this order: a rotation invalidates the first generation's access tokens, which `me` and the session list use. */
export const operations: Record<string, Operation<Subject>> = {
  login: timed(({ service, nextVerified }) =>
    call(service, 'POST', '/users/v1/login', { payload: { email: emailOf(nextVerified()), password: PASSWORD } }),
  ),
  me: timed(subject => call(subject.service, 'GET', '/users/v1/me', { token: accessToken(subject) })),
  'session list': timed(subject => call(subject.service, 'GET', '/users/v1/sessions', { token: accessToken(subject) })),
  rotation: timed(({ service, signer, nextVerified }) => {
    const index = nextVerified()
    const token = signer.refresh({ sid: sessionId(index), user_id: userId(index), gen: 1 })
    return call(service, 'POST', '/users/v1/generate_tokens', { token, payload: {} })
  }),
  'outbox worker, a mail': { time: timePerMail, once: true },
}

function accessToken({ signer, nextVerified }: Subject): string {
  const index = nextVerified()
  return signer.access({ sid: sessionId(index), user_id: userId(index) })
}

function timed(request: (subject: Subject) => Promise<Response>): Operation<Subject> {
  return {
    async time(subject) {
      const { status, body, milliseconds } = await request(subject)
      if (status !== 200) throw new Error(`unexpected response: ${status} ${body}`)
      return milliseconds
    },
  }
}

/** Mails that become due together: the mean time between the first one sent and the last. */
async function timePerMail({ db, nextUnverified }: Subject): Promise<number> {
  const now = Date.now()
  const mails = Array.from({ length: MAILS }, () => {
    const index = nextUnverified()
    return {
      id: randomUUIDv7(),
      template: 'email-verification' as const,
      user_id: userId(index),
      recipient: emailOf(index),
      created_at: now,
      due_at: now,
    }
  })
  await db.insertInto('outbox').values(mails).execute()
  const ids = mails.map(({ id }) => id)
  while (Date.now() - now < MAIL_TIMEOUT_MS) {
    const { sent, first, last } = await sentMails(db, ids)
    if (sent === MAILS) return (Number(last) - Number(first)) / (MAILS - 1)
    await sleep(100)
  }
  throw new Error('the outbox worker does not send')
}

function sentMails(db: Kysely<Tables>, ids: string[]) {
  return db
    .selectFrom('outbox')
    .select(({ fn }) => [
      fn.countAll<number>().as('sent'),
      fn.min('finished_at').as('first'),
      fn.max('finished_at').as('last'),
    ])
    .where('id', 'in', ids)
    .where('outcome', '=', 'sent')
    .executeTakeFirstOrThrow()
}
