import type { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'

/** @param channels all that there are */
export const feedQuery = (channels: readonly string[]) =>
  Type.Object(
    {
      channels: Type.Optional(
        Type.String({
          maxLength: 512,
          // Wider than channels are: the check of what there is names the one that is none.
          pattern: '^[\\w.*-]+(,[\\w.*-]+)*$',
          'x-problem': 'must be channels of events, separated by commas',
          description: `Only events of these, separated by commas: ${channels.map(name => `\`${name}\``).join(', ')}. Default: all.`,
          examples: ['person,login_method'],
        }),
      ),
      mine: Type.Optional(
        Type.Boolean({
          default: false,
          description: 'Administrators: only the events of the own account. Others never get more.',
          examples: [true],
        }),
      ),
    },
    { additionalProperties: false },
  )

export const FeedHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      maxLength: 64,
      examples: ['4711'],
      description:
        'The `id` of the last event of an earlier connection, to whichever instance: what came after it follows.',
    }),
  ),
})

const EVENT = {
  specversion: '1.0',
  id: '01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80',
  source: 'https://holocron.example',
  type: 'person.updated',
  time: '2026-05-25T12:00:00.000Z',
  subject: '42',
  actor: '42',
  data: { action: 'update', user_id: 42, changed: ['first_name'] },
}

const EXAMPLE = `retry: 2000

event: begin
id: 4711
data: {}

id: 4712
event: person
data: ${JSON.stringify(EVENT)}

`

/** OpenAPI needs the media type here: no schema describes it. */
export const LiveFeed = Type.Unsafe<Readable>({
  description:
    '`begin`; then each event, named by its channel, with a change event in the form of CloudEvents. `reset` if some since `Last-Event-ID` are lost: fetch anew.',
  content: { 'text/event-stream': { schema: { type: 'string', examples: [EXAMPLE] } } },
})
