import type { Static, TSchema } from '@sinclair/typebox'
import type { ErrorName } from '#schemas/errors.ts'
import type { MfaChallenge } from '#schemas/login.ts'
import type { Client } from '../../http/client.ts'
import type { OpenedSession } from './open-session.ts'

/**
 * A way to log in: served once for tokens (`/users/v1/login…`) and once for a browser's cookie (`/sessions/v1…`). A feature adds its own with
 * `app.login.ways.add`, from its folder below plugins/auth/.
 */
export interface LoginWay<Body extends TSchema = TSchema> {
  /** Below both of them. */
  path: '' | `/${string}`
  /** A named schema. */
  body: Body
  errors: ErrorName[]
  /** Verifies a password: rejected early while the hashing queue is full. */
  withPassword?: true
  /** Verifies one factor only: the outcome may be a challenge for the second. */
  oneFactor?: true
  tokens: Documentation
  cookie: Documentation
  run(body: Static<Body>, client: Client): Promise<OpenedSession | MfaChallenge>
}

interface Documentation {
  operationId: string
  summary: string
  description: string
}

/** Checks `run` against the type of `body`. */
export function loginWay<Body extends TSchema>(way: LoginWay<Body>): LoginWay {
  return way
}
