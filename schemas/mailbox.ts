import { type Static, Type } from '@sinclair/typebox'

export const Mailbox = Type.Object(
  {
    mails: Type.Array(
      Type.Object({
        id: Type.String({ format: 'uuid', description: 'Stays the same when a mail is sent again' }),
        to: Type.String({ description: 'The recipient’s address' }),
        subject: Type.String(),
        text: Type.String(),
        html: Type.String(),
        sent_at: Type.String({ format: 'date-time' }),
      }),
    ),
  },
  { $id: 'Mailbox', description: 'The mails that this process sent, newest first' },
)
export type Mailbox = Static<typeof Mailbox>

export const MailboxQuery = Type.Object(
  { to: Type.Optional(Type.String({ maxLength: 254, description: 'Only the mails to this address' })) },
  { additionalProperties: false },
)
