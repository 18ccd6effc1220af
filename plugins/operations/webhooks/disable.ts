import type { Transaction } from 'kysely'
import { addAuditEvent, NOBODY } from '#sql/audit-events.ts'
import { addMail } from '#sql/outbox.ts'
import type { Tables } from '#sql/tables.ts'
import { listUsers } from '#sql/user-list.ts'
import { disableWebhook, type WebhookRow } from '#sql/webhooks.ts'

/** Mails at most. */
const ADMINISTRATORS_MAX = 20
/** Characters; the width of the column. */
const DETAILS_MAX_LENGTH = 255

/** And tells the administrators. @param page of the webhook, its path @returns whether it was enabled until now */
export async function disable(
  tx: Transaction<Tables>,
  { id, url }: Pick<WebhookRow, 'id' | 'url'>,
  because: WebhookRow['disabled_because'],
  page: string,
): Promise<boolean> {
  if (!(await disableWebhook(tx, id, because))) return false
  await addAuditEvent(tx, { kind: 'webhook-disabled', user_id: NOBODY, session_id: null, ip: null, user_agent: null })
  const administrators = { access_role: 'admin', disabled: 0, email_verified: 1 } as const
  for (const { id: user_id, email } of await listUsers(tx, administrators, ADMINISTRATORS_MAX))
    await addMail(tx, {
      template: 'webhook-disabled',
      user_id,
      recipient: email,
      details: url.slice(0, DETAILS_MAX_LENGTH),
      redirect_to: page,
    })
  return true
}
