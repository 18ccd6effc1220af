import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import type { MfaChallenge } from '#schemas/login.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { listSessions } from '#sql/live-sessions.ts'
import { addMail } from '#sql/outbox.ts'
import { insertSession } from '#sql/sessions.ts'
import { recordLogin, type User } from '#sql/users.ts'
import { type Client, deviceOf } from '../../http/client.ts'
import type { Consume } from '../mfa/types.ts'
import type { Amr } from '../sessions/amr.ts'
import { sessionsEnder } from '../sessions/end-all.ts'
import { idleLimit } from '../sessions/idle.ts'
import type { ActiveSession } from '../sessions/types.ts'
import { inWords, isNewDevice } from './new-device.ts'

export type OpenedSession = ActiveSession & { email: string } & Pick<MfaChallenge, 'password_change_advised'>

/**
 * Opens a session for a user who has just authenticated.
 * @returns undefined if the account changed meanwhile: another password hash, another second factor, disabled, deleted
 * @throws userAlreadyLoggedIn under LOGIN_POLICY=single; what `consume` throws
 */
export type OpenSession = (
  user: User,
  client: Client,
  amr: Amr,
  options?: OpenOptions,
) => Promise<OpenedSession | undefined>

export interface OpenOptions {
  /** A stronger hash of the password that was just verified. */
  rehashed?: string | undefined
  /** Uses up, in the same transaction, what was verified: if it throws, nothing is opened. */
  consume?: Consume
}

/** For the gate: not on the application, so no route can reach it. */
export function sessionOpener({
  config,
  db,
  mailer,
  revocations,
}: Pick<FastifyInstance, 'config' | 'db' | 'mailer' | 'revocations'>): OpenSession {
  const lifetime = config.SESSION_TTL_SECONDS * 1000
  const { endSurplus } = sessionsEnder(config)
  const idleMs = idleLimit(config)

  return async (user, client, amr, { rehashed, consume } = {}) => {
    const { id: user_id, email, access_role, mfa_enabled } = user
    const device = deviceOf(client)
    // Before the user's row is locked: between two logins at once a notice too many or too few does no harm.
    const isNew = await isNewDevice(db, user_id, device)
    const outcome = await transaction(db, async tx => {
      if (!(await recordLogin(tx, user, rehashed))) return undefined
      await consume?.(tx)
      if (config.LOGIN_POLICY === 'single' && (await listSessions(tx, user_id, idleMs, 1)).length > 0)
        throw errors.userAlreadyLoggedIn()
      const opened = await insertSession(tx, { user_id, lifetime, amr: amr.join(' '), ...device })
      if (isNew) await addMail(tx, { template: 'new-device', user_id, recipient: email, details: inWords(device) })
      await addAuditEvent(tx, { kind: 'logged-in', user_id, session_id: opened.id, ...device })
      return { session: opened, ended: await endSurplus(tx, opened, client) }
    })
    if (!outcome) return undefined
    const { session, ended } = outcome
    if (isNew) mailer.wake()
    if (ended.length > 0) await revocations.publishEnded(ended)
    return { ...session, email, access_role, mfa_enabled }
  }
}
