import type { Readable } from 'node:stream'
import { Type } from '@sinclair/typebox'

export const FeedHeaders = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      maxLength: 64,
      examples: ['Zk3vQ1pX.17'],
      description: 'The `id` of the last event of an earlier connection: what came after it follows, if that is known.',
    }),
  ),
})

const EXAMPLE = `event: begin
data: {"resumed":false,"token_lifetime":900,"time":80912}

event: revoked
data: 3f9a61c2d07be845 2147483647

event: current
id: Zk3vQ1pX.17
data: {"time":81234,"staleness":640}

`

/** OpenAPI needs the media type here: no schema describes it. */
export const RevocationFeed = Type.Unsafe<Readable>({
  description: 'The events: `begin`, `revoked` (a session and its lowest valid generation a line), `current`.',
  content: { 'text/event-stream': { schema: { type: 'string', examples: [EXAMPLE] } } },
})
