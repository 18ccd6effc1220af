/** Mail. */
import { Type } from '@sinclair/typebox'
import { seconds } from '../types.ts'

export const mail = {
  SMTP_URL: Type.Optional(
    Type.String({
      pattern: '^smtps?://.+$',
      description:
        '`smtp://user:password@host:587` or `smtps://…`. Unset: mails are kept in the development mailbox, `/dev/mailbox`',
    }),
  ),
  MAIL_FROM: Type.String({
    default: 'Holocron <no-reply@localhost>',
    pattern: '^([^<>\\r\\n]*<[^<>@\\s]+@[^<>@\\s]+>|[^<>@\\s]+@[^<>@\\s]+)$',
    description: 'Sender of every mail: `name@example.com` or `Name <name@example.com>`',
  }),
  MAIL_POLL_SECONDS: seconds(1, 1, 'How often the outbox is polled for mails due, besides being woken for new ones'),
}
