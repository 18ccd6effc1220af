// app.parkedMails: mails that were given up. Administrators read them without their links and codes, and retry them once the cause is fixed.
import type { Static } from '@sinclair/typebox'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import type { PagingQuery } from '#schemas/pages.ts'
import type { ParkedMail, ParkedMailContent, ParkedMails, RetriedMails } from '#schemas/parked-mails.ts'
import { addAuditEvents, NOBODY } from '#sql/audit-events.ts'
import type { Mail } from '#sql/outbox.ts'
import {
  countParkedMails,
  findParkedMail,
  listParkedMails,
  lockParkedMails,
  retryParkedMails,
} from '#sql/parked-mails.ts'
import type { ChangeCaller } from '../auth/sessions/assert-caller.ts'
import { type Client, originOf } from '../http/client.ts'

declare module '#sql/audit-events.ts' {
  interface AuditEventKinds {
    'mail-retried': true
  }
}

declare module 'fastify' {
  interface FastifyInstance {
    parkedMails: {
      /** A page of them, those given up first coming first. @throws requestInvalid for an unknown cursor */
      list(query: PagingQuery): Promise<Static<typeof ParkedMails>>
      /** @throws notFound */
      read(id: Mail['id']): Promise<Static<typeof ParkedMailContent>>
      /** Has a mail sent again. @param caller the administrator @throws notFound, tokenInvalid */
      retry(id: Mail['id'], caller: ChangeCaller, client: Client): Promise<void>
      /** Has those sent again that were given up first, BATCH_SIZE of them. @param caller the administrator @throws tokenInvalid */
      retryAll(caller: ChangeCaller, client: Client): Promise<Static<typeof RetriedMails>>
    }
  }
}

/** In one transaction: a day without a mail server parks any number. */
const BATCH_SIZE = 1000

export default fp(async app => void app.decorate('parkedMails', parkedMails(app)), {
  name: 'parked-mails',
  dependencies: ['changes', 'db', 'mailer', 'pagination'],
})

function parkedMails({ accounts, db, mailer, pagination }: FastifyInstance): FastifyInstance['parkedMails'] {
  /** Makes them due in one transaction with the record of who wanted it. @returns how many of them were still parked */
  function retryThese(ids: Mail['id'][], caller: ChangeCaller, client: Client): Promise<number> {
    return accounts.change(
      caller.user_id,
      client,
      async (tx, _administrator, effects) => {
        const mails = await lockParkedMails(tx, ids)
        await retryParkedMails(tx, ids)
        const events = mails.map(({ user_id }) => ({
          kind: 'mail-retried' as const,
          user_id: user_id ?? NOBODY,
          session_id: null,
          ...originOf(client),
        }))
        await addAuditEvents(tx, events)
        effects.afterCommit(mailer.wake)
        return mails.length
      },
      { caller },
    )
  }

  return {
    async list(query) {
      const { limit, after } = pagination.readByTime(query)
      const rows = await listParkedMails(db, limit + 1, after && { due_at: after.time, id: after.id })
      const { results, next_cursor } = pagination.cut(rows, limit, ({ due_at, id }) => `${due_at} ${id}`)
      return { results: results.map(serialize), next_cursor }
    },
    async read(id) {
      const mail = await findParkedMail(db, id)
      if (!mail) throw errors.notFound()
      const preview = await mailer.preview(mail)
      return { ...serialize(mail), subject: null, text: null, obsolete: null, ...preview }
    },
    async retry(id, caller, client) {
      if ((await retryThese([id], caller, client)) === 0) throw errors.notFound()
    },
    async retryAll(caller, client) {
      const mails = await listParkedMails(db, BATCH_SIZE)
      const ids = mails.map(({ id }) => id)
      const retried = ids.length > 0 ? await retryThese(ids, caller, client) : 0
      return { retried, parked: await countParkedMails(db) }
    },
  }
}

function serialize(mail: Mail): Static<typeof ParkedMail> {
  const { id, template, user_id, recipient, created_at, due_at, finished_at, attempts, last_error } = mail
  return {
    id,
    template,
    user_id,
    recipient,
    created: new Date(created_at).toISOString(),
    parked: new Date(finished_at ?? due_at).toISOString(),
    attempts,
    error: last_error,
  }
}
