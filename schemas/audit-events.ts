import { Type } from '@sinclair/typebox'
import { nullable, timestamp, uuid } from './common.ts'
import { NextCursor, pageQuery } from './pages.ts'
import { ref } from './ref.ts'

const strict = { additionalProperties: false }

export const AuditEventsQuery = Type.Object(pageQuery, strict)

export const AuditEvent = Type.Object(
  {
    id: uuid('Unique identifier of the event.'),
    kind: Type.String({ description: 'What happened.', examples: ['logged-in'] }),
    time: timestamp('When it happened.'),
    session_id: nullable(uuid('The session that the event concerns, if any.')),
    ip: nullable(Type.String({ examples: ['203.0.113.7'] }), { description: 'IP address of the client.' }),
    device: nullable(Type.String({ examples: ['Mozilla/5.0 …'] }), { description: 'User agent of the client.' }),
  },
  { $id: 'AuditEvent', ...strict },
)

export const AuditEvents = Type.Object(
  { results: Type.Array(ref(AuditEvent)), next_cursor: NextCursor },
  { $id: 'AuditEvents', ...strict },
)
