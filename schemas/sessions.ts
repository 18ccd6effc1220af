import { type Static, Type } from '@sinclair/typebox'
import { nullable, timestamp, uuid, uuidInPath } from './common.ts'
import { MfaChallenge, passwordChangeAdvised } from './login.ts'
import { NextCursor, pageQuery } from './pages.ts'
import { ref } from './ref.ts'
import { UserId, UserParams } from './users.ts'

const strict = { additionalProperties: false }

const known = (description: string, example: string) => nullable(Type.String({ examples: [example] }), { description })

export const Session = Type.Object(
  {
    id: uuid('Unique identifier of the session.'),
    device: Type.Object(
      {
        browser: known('Name and version of the browser.', 'Firefox 141.0'),
        os: known('Operating system.', 'Linux'),
        platform: known('Kind of device.', 'desktop'),
        user_agent: known('The `User-Agent` header as sent by the device.', 'Mozilla/5.0 …'),
      },
      { description: 'The device that opened the session. Unknown values are `null`.', ...strict },
    ),
    application: nullable(
      Type.Object(
        {
          client_id: uuid('Identifier of the application.'),
          name: known('Name of the application; `null` if it has been removed.', 'Holonet News'),
          scopes: Type.Array(Type.String(), {
            description: 'What the user has allowed it.',
            examples: [['openid', 'email', 'films:read']],
          }),
        },
        strict,
      ),
      {
        description: "The application that logged the user in with this session; `null` for the service's own logins.",
      },
    ),
    ip: known('IP address from which the session was opened.', '203.0.113.7'),
    created: timestamp('When the session was opened.'),
    last_used: timestamp('When the tokens or the cookie of the session were last renewed.'),
    current: Type.Boolean({ description: 'Whether this session made the request.' }),
  },
  { $id: 'Session', ...strict },
)

export const SessionsQuery = Type.Object(pageQuery, strict)

export const Sessions = Type.Object(
  { results: Type.Array(ref(Session)), next_cursor: NextCursor },
  { $id: 'Sessions', ...strict },
)

export const SessionParams = Type.Object({ session_id: uuidInPath('Unique identifier of the session.') })

export const UserSessionParams = Type.Object({ ...UserParams.properties, ...SessionParams.properties })

export const OpenedSession = Type.Object(
  {
    status: Type.Literal('ok'),
    user_id: UserId,
    email: Type.String({ description: "The user's e-mail address.", examples: ['leia@alderaan.example'] }),
    password_change_advised: passwordChangeAdvised,
  },
  { $id: 'OpenedSession', description: 'The session is open; its cookie is set.', ...strict },
)

export const BrowserLoginQuery = Type.Object(
  {
    remember: Type.Optional(
      Type.Boolean({
        default: true,
        description:
          '`false`: the cookie is deleted when the browser is closed. Give it where the cookie is set: with a second factor, there.',
        examples: [false],
      }),
    ),
  },
  strict,
)

/** The response to a browser's login with a password: a session, or a challenge. */
export const BrowserLoginOutcome = Type.Unsafe<Static<typeof OpenedSession> | MfaChallenge>({
  $id: 'BrowserLoginOutcome',
  oneOf: [ref(OpenedSession), ref(MfaChallenge)],
})
