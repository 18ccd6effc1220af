import { type Static, Type } from '@sinclair/typebox'
import { nullable, timestamp, uuid } from './common.ts'
import { NextCursor, pageQuery } from './pages.ts'
import { ref } from './ref.ts'
import { UserId } from './users.ts'

const strict = { additionalProperties: false }

export const AuditEventsQuery = Type.Object(pageQuery, strict)

const dateTime = (description: string) =>
  Type.Optional(
    Type.String({ format: 'date-time', maxLength: 40, description, examples: ['2026-05-25T12:00:00.000Z'] }),
  )

/** Of all users. */
export const AllAuditEventsQuery = Type.Object(
  {
    ...pageQuery,
    user_id: Type.Optional({ ...UserId, description: 'Only return events of this user.' }),
    actor_id: Type.Optional({ ...UserId, description: 'Only return what this user has done.' }),
    kind: Type.Optional(
      Type.String({
        pattern: '^[a-z-]{1,32}$',
        description: 'Only return events of this kind.',
        examples: ['promoted'],
      }),
    ),
    from: dateTime('Only return events from this time on.'),
    to: dateTime('Only return events before this time.'),
  },
  strict,
)
export type AllAuditEventsQuery = Static<typeof AllAuditEventsQuery>

export const AuditEvent = Type.Object(
  {
    id: uuid('Unique identifier of the event.'),
    user_id: Type.Integer({
      description:
        'The user that the event concerns; 0 for a failed login with an unknown e-mail address, for a mail to an address alone, and for a change of an application.',
      examples: [42],
    }),
    actor_id: nullable(UserId, {
      description: 'The logged-in user who did it. Null for logins, mailed links, failures and commands.',
    }),
    kind: Type.String({ description: 'What happened.', examples: ['logged-in'] }),
    time: timestamp('When it happened.'),
    session_id: nullable(uuid('The session that the event concerns, if any.')),
    client_id: nullable(uuid('The application that the event concerns, if any.')),
    application_name: nullable(Type.String({ examples: ['Holonet News'] }), {
      description: 'Its name; null also if it has been removed.',
    }),
    ip: nullable(Type.String({ examples: ['203.0.113.7'] }), {
      description: "IP address of the client. Users do not see an administrator's.",
    }),
    device: nullable(Type.String({ examples: ['Mozilla/5.0 …'] }), { description: 'User agent of the client.' }),
  },
  { $id: 'AuditEvent', ...strict },
)

export const AuditEvents = Type.Object(
  { results: Type.Array(ref(AuditEvent)), next_cursor: NextCursor },
  { $id: 'AuditEvents', ...strict },
)
