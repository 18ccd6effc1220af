/** Mail. */
import { Type } from '@sinclair/typebox'
import { SENDER_ADDRESS } from '#schemas/email.ts'
import { seconds } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    mail: typeof mail
  }
}

export const mail = {
  SMTP_URL: Type.Optional(
    Type.String({
      pattern: '^smtps?://.+$',
      description:
        '`smtp://user:password@host:587` or `smtps://…`. Unset: mails are kept in the development mailbox, `/dev/mailbox`',
    }),
  ),
  SMTP_CLIENT_NAME: Type.Optional(
    Type.String({
      pattern: '^([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\\[(IPv6:)?[0-9A-Fa-f:.]+\\])$',
      maxLength: 255,
      description:
        'Name by which the service introduces itself to the SMTP server (EHLO): a host name, or an IP address in brackets. Default: the host of PUBLIC_URL',
    }),
  ),
  MAIL_FROM: Type.Optional(
    Type.String({
      pattern: `^(?:[^<>\\p{Cc}]*<${SENDER_ADDRESS}>|${SENDER_ADDRESS})$`,
      maxLength: 320,
      description:
        'Sender of every mail: `name@example.com` or `Name <name@example.com>`, in ASCII before the `@`; required in production. Default: APP_NAME at `no-reply@localhost`',
    }),
  ),
  MAIL_POLL_SECONDS: seconds(1, 1, 'How often the outbox is polled for mails due, besides being woken for new ones'),
}
