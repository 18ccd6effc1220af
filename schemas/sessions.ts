import { Type } from '@sinclair/typebox'

const strict = { additionalProperties: false }
const name = (description: string, example: string) =>
  Type.Union([Type.String(), Type.Null()], { description, examples: [example] })

export const Session = Type.Object(
  {
    id: Type.String({ examples: ['01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'] }),
    device: Type.Object(
      {
        browser: name('Its name and version.', 'Firefox 141.0'),
        os: name('The operating system.', 'Linux'),
        platform: name('What it runs on.', 'desktop'),
        user_agent: name('As the device names itself.', 'Mozilla/5.0 …'),
      },
      strict,
    ),
    ip: name('Where the session was opened from.', '203.0.113.7'),
    created: Type.String({ format: 'date-time' }),
    last_used: Type.String({ format: 'date-time', description: 'When its tokens, or its cookie, were last renewed.' }),
    current: Type.Boolean({ description: 'Is it the one that asks?' }),
  },
  { $id: 'Session', ...strict },
)

export const Sessions = Type.Object(
  { results: Type.Array(Type.Unsafe<typeof Session.static>({ $ref: 'Session#' })) },
  { $id: 'Sessions', ...strict },
)

export const SessionParams = Type.Object({
  session_id: Type.String({ maxLength: 64, description: "The session's id." }),
})

export const OpenedSession = Type.Object(
  {
    status: Type.Literal('ok'),
    user_id: Type.String({ examples: ['01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'] }),
    email: Type.String({ examples: ['leia@alderaan.example'] }),
  },
  { $id: 'OpenedSession', ...strict },
)
