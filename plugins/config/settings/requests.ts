/** Limits of requests, and who may send them. */
import { Type } from '@sinclair/typebox'
import { count, seconds } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    requests: typeof requests
  }
}

export const requests = {
  CORS_ORIGINS: Type.String({
    default: '',
    description:
      'Origins that browsers and hybrid apps may call from (CORS): `https://app.example, capacitor://localhost`. Neither paths nor wildcards. Empty: none',
  }),
  RATE_LIMIT_MAX: count(
    6000,
    1,
    'Requests per minute and client (the user if authenticated, else the client IP), counted in each process',
  ),
  AUTH_RATE_LIMIT_MAX: count(
    30,
    1,
    'Requests per minute and client IP on public routes that change something (any method but GET, HEAD and OPTIONS: sign-up, login, the verification of an e-mail address), on the link that verifies one, and on routes that check a password or a one-time password of a logged-in user; counted in Redis if there is one',
  ),
  ACCOUNT_ATTEMPTS_MAX: count(
    5,
    1,
    'Failed logins per account before each further one locks it for longer, from a second to 15 minutes',
  ),
  ADDRESS_ATTEMPTS_MAX: count(50, 1, 'The same per client IP, across accounts'),
  BODY_LIMIT_BYTES: count(65_536, 1024, 'Maximum size of a request body (bytes)'),
  REQUEST_TIMEOUT_SECONDS: seconds(10, 1, 'Timeout for receiving a request'),
  EVENT_LOOP_DELAY_MAX_MS: Type.Integer({
    default: 1000,
    minimum: 0,
    maximum: 60_000,
    description: 'Event loop delay (milliseconds) beyond which requests are rejected with 503. 0: never',
  }),
}
