import { errors } from '#schemas/errors.ts'

/** Seconds. */
const RETRY_AFTER = 5

/** A store that is full, read-only, or gone. @throws unavailable */
export function unavailable(cause: unknown): never {
  throw errors.unavailable({ retryAfter: RETRY_AFTER, cause })
}
