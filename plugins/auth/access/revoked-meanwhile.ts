import type { FastifyInstance, preValidationHookHandler } from 'fastify'
import { errors } from '#schemas/errors.ts'

/**
 * The guards run when the headers have arrived, and a client may send the body REQUEST_TIMEOUT_SECONDS later: a logged-out, disabled or demoted caller
 * could hold back one request for each thing they want to do. So the revocation is checked again when the body is there. One map look-up, no I/O.
 */
export function createRevocationCheck({ revocations }: FastifyInstance): preValidationHookHandler {
  return ({ user }, _reply, done) => {
    const revoked = user && revocations.has(user)
    done(revoked ? errors.tokenInvalid() : undefined)
  }
}
