import { type Static, Type } from '@sinclair/typebox'
import { nullable, timestamp, uuid, uuidInPath } from './common.ts'
import { ListQuery } from './hosted-pages.ts'
import { NextCursor, pageQuery } from './pages.ts'
import { ref } from './ref.ts'
import { UserId } from './users.ts'

const strict = { additionalProperties: false }

const parkedMail = {
  id: uuid('Unique identifier of the mail.'),
  template: Type.String({ description: 'What the mail is about.', examples: ['email-verification'] }),
  user_id: nullable(UserId, {
    description: 'The user whose account the mail is about. Null if it was requested by an e-mail address alone.',
  }),
  recipient: Type.String({ description: "The recipient's e-mail address.", examples: ['leia@alderaan.example'] }),
  created: timestamp('When the mail was queued.'),
  parked: timestamp('When the mail was given up.'),
  attempts: Type.Integer({ description: 'How often its delivery was attempted.', examples: [10] }),
  error: nullable(Type.String({ examples: ['550 5.1.1 no such mailbox'] }), {
    description: 'Why the last attempt failed, in the words of the mail server.',
  }),
}

export const ParkedMail = Type.Object(parkedMail, { $id: 'ParkedMail', ...strict })

export const ParkedMailContent = Type.Object(
  {
    ...parkedMail,
    subject: nullable(Type.String({ examples: ['Confirm your email address'] }), {
      description: 'The subject as of now. Null if the mail is obsolete, or of another version of the service.',
    }),
    text: nullable(Type.String({ examples: ['Welcome to Holocron. …'] }), {
      description: 'What the mail would say now, without links and codes. Null like the subject.',
    }),
    obsolete: nullable(Type.String({ examples: ['the e-mail address is verified already'] }), {
      description: 'Why the mail is no longer wanted: it is dropped when it is retried.',
    }),
  },
  { $id: 'ParkedMailContent', ...strict },
)

export const ParkedMailsQuery = Type.Object(pageQuery, strict)

export const ParkedMails = Type.Object(
  { results: Type.Array(ref(ParkedMail)), next_cursor: NextCursor },
  { $id: 'ParkedMails', ...strict },
)

export const ParkedMailParams = Type.Object({ mail_id: uuidInPath('Unique identifier of the mail.') })

export const RetriedMails = Type.Object(
  {
    retried: Type.Integer({ description: 'How many mails are being retried.', examples: [12] }),
    parked: Type.Integer({
      description: 'How many are still parked. Repeat the request to retry them.',
      examples: [0],
    }),
  },
  { $id: 'RetriedMails', ...strict },
)

/** Of the list in the administration's pages: a retry of all leads back to it with what it did. */
export const ParkedMailListQuery = Type.Object({
  ...ListQuery.properties,
  retried: Type.Optional(Type.Integer({ minimum: 0 })),
  left: Type.Optional(Type.Integer({ minimum: 0 })),
})
export type ParkedMailListQuery = Static<typeof ParkedMailListQuery>
