import type { FastifyInstance, FastifyRequest, preValidationHookHandler } from 'fastify'
import { errors } from '#schemas/errors.ts'

/** Has the caller been logged out, disabled or demoted since the guards ran? One map look-up, no I/O. */
export type RevocationLookup = (request: FastifyRequest) => boolean

export const createRevocationLookup =
  ({ revocations }: FastifyInstance): RevocationLookup =>
  ({ bearer }) =>
    bearer !== undefined && revocations.has(bearer)

/**
 * The guards run when the headers have arrived, and a client may send the body REQUEST_TIMEOUT_SECONDS later: a logged-out, disabled or demoted caller
 * could hold back one request for each thing they want to do. So the revocation is checked again when the body is there.
 */
export function createRevocationCheck(isRevoked: RevocationLookup): preValidationHookHandler {
  return (request, _reply, done) => done(isRevoked(request) ? errors.tokenInvalid() : undefined)
}
