import { type Static, Type } from '@sinclair/typebox'
import { timestamp } from './common.ts'
import { EMAIL_MAX_LENGTH, EMAIL_PATTERN } from './email.ts'

export const Mailbox = Type.Object(
  {
    mails: Type.Array(
      Type.Object({
        id: Type.String({
          format: 'uuid',
          description: 'Unique identifier of the mail. It stays the same when the mail is sent again.',
          examples: ['01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'],
        }),
        to: Type.String({ description: "The recipient's e-mail address.", examples: ['leia@alderaan.example'] }),
        subject: Type.String({ examples: ['Confirm your email address'] }),
        text: Type.String({ description: 'The plain-text body.', examples: ['Welcome to Holocron. …'] }),
        html: Type.String({ description: 'The HTML body.', examples: ['<p>Welcome to Holocron.</p>…'] }),
        sent_at: timestamp('When the mail was sent.'),
      }),
    ),
  },
  { $id: 'Mailbox', description: 'The mails sent by this process, newest first.' },
)
export type Mailbox = Static<typeof Mailbox>

export const MailboxQuery = Type.Object(
  {
    to: Type.Optional(
      Type.String({
        maxLength: EMAIL_MAX_LENGTH,
        pattern: EMAIL_PATTERN,
        // As it may be typed.
        'x-canonical': 'email',
        description: 'Only return mails to this e-mail address.',
        examples: ['leia@alderaan.example'],
      }),
    ),
  },
  { additionalProperties: false },
)

export const MailParams = Type.Object({ mail_id: Type.String({ format: 'uuid' }) })
