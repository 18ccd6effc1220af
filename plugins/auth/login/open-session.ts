import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import type { MfaChallenge } from '#schemas/login.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { isLoggedIn } from '#sql/live-sessions.ts'
import { lockOAuthClientShared } from '#sql/oauth-clients.ts'
import { addMail } from '#sql/outbox.ts'
import { insertSession } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
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
 * @throws userAlreadyLoggedIn under LOGIN_POLICY=single; notFound if the application was removed; what `consume` throws
 */
export type OpenSession = (
  user: User,
  client: Client,
  amr: Amr,
  options?: OpenOptions,
) => Promise<OpenedSession | undefined>

export interface OpenOptions {
  /** The application that logs the user in, and that the session belongs to. */
  client_id?: string | undefined
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

  /** Of the service's own logins: an application that is connected is none, whichever grant connected it. */
  async function requireSingle(tx: Transaction<Tables>, user_id: User['id']): Promise<void> {
    if (config.LOGIN_POLICY === 'single' && (await isLoggedIn(tx, user_id, idleMs))) throw errors.userAlreadyLoggedIn()
  }

  return async (user, client, amr, { client_id = null, rehashed, consume } = {}) => {
    const { id: user_id, email, access_role, mfa_enabled } = user
    const device = deviceOf(client)
    // Before the user's row is locked: between two logins at once a notice too many or too few does no harm.
    const isNew = await isNewDevice(db, user_id, device)
    const outcome = await transaction(db, async tx => {
      if (!(await recordLogin(tx, user, rehashed))) return undefined
      await consume?.(tx)
      if (client_id === null) await requireSingle(tx, user_id)
      else if (!(await lockOAuthClientShared(tx, client_id))) throw errors.notFound()
      const opened = await insertSession(tx, { user_id, lifetime, amr: amr.join(' '), client_id, ...device })
      if (isNew) await addMail(tx, { template: 'new-device', user_id, recipient: email, details: inWords(device) })
      await addAuditEvent(tx, { kind: 'logged-in', user_id, session_id: opened.id, client_id, ...device })
      return { session: opened, ended: await endSurplus(tx, opened, client) }
    })
    if (!outcome) return undefined
    const { session, ended } = outcome
    if (isNew) mailer.wake()
    if (ended.length > 0) await revocations.publishEnded(ended)
    return { ...session, email, access_role, mfa_enabled }
  }
}
