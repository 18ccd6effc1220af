import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { advanceGeneration, findSession, revokeSession } from '#sql/sessions.ts'
import { type Client, originOf } from '../../http/client.ts'
import type { RefreshClaims } from '../tokens/claims.ts'
import { requireActive, type UsableSession } from './require-active.ts'
import type { Sessions, Tokens } from './types.ts'

/** @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14 */
export function rotation(
  { config, db, revocations }: FastifyInstance,
  tokensOf: Sessions['tokensOf'],
): Sessions['rotate'] {
  const graceMs = config.REFRESH_GRACE_SECONDS * 1000
  const refreshTtlMs = config.REFRESH_TOKEN_TTL_SECONDS * 1000
  const revokeForReuse = revocationForReuse({ db, revocations })

  async function rotate(refresh: RefreshClaims, client: Client): Promise<Tokens> {
    const session = requireActive(await findSession(db, refresh.sid))
    if (refresh.gen > session.generation) throw errors.tokenInvalid()
    // By the database's clock, and by today's settings.
    if (session.rotated_at + refreshTtlMs <= session.now) throw errors.tokenExpired()
    // A security change ended this token. That is no reuse: the owner's own rotation may have been under way.
    if (refresh.gen < session.first_generation) throw errors.tokenInvalid()
    if (refresh.gen < session.generation) return replayWithinGrace(session, refresh, client)
    // Lost the compare-and-swap to a concurrent rotation: this token is of the previous generation now.
    if (!(await advanceGeneration(db, session))) return rotate(refresh, client)
    const next = { ...session, generation: session.generation + 1, rotated_at: session.now }
    await revocations.publishRotation(next.id, next.generation, 0)
    return tokensOf(next)
  }

  /** A client whose response was lost sends the previous refresh token again. Any other old one is theft. */
  async function replayWithinGrace(session: UsableSession, refresh: RefreshClaims, client: Client): Promise<Tokens> {
    // If the clock was set back, the rotation seems to lie in the future.
    const sinceRotation = Math.max(0, session.now - session.rotated_at)
    if (refresh.gen !== session.generation - 1 || sinceRotation >= graceMs) {
      await revokeForReuse(session, client)
      throw errors.tokenInvalid()
    }
    // The process that rotated may have died before it published.
    await revocations.publishRotation(session.id, session.generation, sinceRotation)
    return tokensOf(session)
  }

  return rotate
}

export function revocationForReuse({
  db,
  revocations,
}: Pick<FastifyInstance, 'db' | 'revocations'>): Sessions['revokeForReuse'] {
  return async ({ id, user_id, client_id }, client, kind = 'refresh-token-reused') => {
    await transaction(db, async tx => {
      if (await revokeSession(tx, id, user_id))
        await addAuditEvent(tx, { kind, user_id, session_id: id, client_id, ...originOf(client) })
    })
    await revocations.publish(id, Infinity)
  }
}
