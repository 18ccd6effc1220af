/** Tokens, sessions and their revocation. */
import { Type } from '@sinclair/typebox'
import { oneOf } from '#schemas/ref.ts'
import { count, seconds, TEN_YEARS_SECONDS } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    sessions: typeof sessions
  }
}

export const sessions = {
  ACCESS_TOKEN_TTL_SECONDS: seconds(900, 1, 'Lifetime of an access token'),
  REFRESH_TOKEN_TTL_SECONDS: seconds(30 * 86_400, 1, 'Lifetime of a refresh token', TEN_YEARS_SECONDS),
  SESSION_TTL_SECONDS: seconds(
    90 * 86_400,
    1,
    'Lifetime of a session, however often its tokens rotate',
    TEN_YEARS_SECONDS,
  ),
  REFRESH_GRACE_SECONDS: seconds(
    10,
    0,
    'Grace period in which the previous refresh token still returns the current tokens',
  ),
  ACCESS_GRACE_SECONDS: seconds(
    0,
    0,
    'Grace period in which the previous access token still works after a rotation, for requests in flight; 0: it is revoked immediately',
    60,
  ),
  COOKIE_ORIGINS: Type.String({
    default: '',
    description:
      'Origins of the same site as PUBLIC_URL whose pages may use the session cookie, too, by CORS with credentials: `https://app.example.com` for a service at `https://accounts.example.com`, `http://localhost:5173` in development. Their scripts can do whatever the user can. Empty: PUBLIC_URL alone',
  }),
  SESSIONS_MAX: Type.Integer({
    default: 100,
    minimum: 1,
    maximum: 10_000,
    description:
      'Live sessions per user, and per user and application. A login beyond it ends the session that was not used for the longest time',
  }),
  LOGIN_POLICY: oneOf(['multiple', 'single'], {
    default: 'multiple',
    description:
      '`single`: a login is refused while the user has a live session, sessions of applications aside; `multiple`: it opens another session',
  }),
  REAUTHENTICATION_SECONDS: seconds(
    900,
    1,
    'How long after `POST /users/v1/reauthenticate` a session may make sensitive changes without another proof',
  ),
  REVOCATION_SYNC_SECONDS: seconds(3, 1, 'How often revocations are read from the database'),
  REVOCATION_FEED_CONNECTIONS_MAX: count(
    100,
    0,
    'Services that may follow the revocation feed (`/revocations/v1/stream`) at a time, in each process',
  ),
  REVOCATION_MAX_STALENESS_SECONDS: seconds(
    30,
    2,
    'Maximum age of revocation data: beyond it, protected routes respond with 503',
  ),
}
