/** The one gate to a session: no way to log in skips an enrolled second factor. It is handed to the ways to log in, and to nothing else. */
import type { FastifyInstance } from 'fastify'
import type { MfaChallenge } from '#schemas/login.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { replacePassword, type User } from '#sql/users.ts'
import type { Client } from '../../http/client.ts'
import type { ResumedLogin } from '../mfa/challenges.ts'
import type { Consume } from '../mfa/types.ts'
import type { Amr } from '../sessions/amr.ts'
import { applicationSessionOpener, type OpenForApplication } from './application.ts'
import { type OpenedSession, type OpenOptions, sessionOpener } from './open-session.ts'

/**
 * Both return undefined if the account changed since `user` was read (another password hash, a second factor): authenticate again.
 * @throws userAlreadyLoggedIn under LOGIN_POLICY=single
 */
export interface Factors {
  /**
   * Opens a session, or challenges for the second factor if one is enrolled. What `options` say happens in the same transaction.
   */
  afterOneFactor(
    user: User,
    client: Client,
    amr: Amr,
    options?: OpenOptions,
  ): Promise<OpenedSession | MfaChallenge | undefined>
  /** The login that waits for its second factor. @throws tokenInvalid, also for one that another application has begun; tokenExpired, accountDisabled */
  resume(mfaToken: string): Promise<ResumedLogin>
  /** @param consume uses up what was verified, in the transaction that opens the session: either both happen or neither does */
  afterBothFactors(user: User, client: Client, amr: Amr, consume: Consume): Promise<OpenedSession | undefined>
}

export interface Gate extends Factors {
  /** The same for an application that logs users in by itself: the sessions belong to it. */
  ofApplication(clientId: string): Factors
  forApplication: OpenForApplication
}

export function createGate(app: Pick<FastifyInstance, 'config' | 'db' | 'mailer' | 'mfa' | 'revocations'>): Gate {
  const { db, mfa } = app
  const openSession = sessionOpener(app)

  async function challenge(
    user: User,
    first: Amr,
    { client_id, rehashed, consume }: OpenOptions,
  ): Promise<MfaChallenge | undefined> {
    if (rehashed === undefined && !consume) return mfa.challenges.issue(user, first, client_id)
    const password_hash = rehashed ?? user.password_hash
    return transaction(db, async tx => {
      if (!(await replacePassword(tx, user, password_hash))) return undefined
      await consume?.(tx)
      return mfa.challenges.issue({ ...user, password_hash }, first, client_id, tx)
    })
  }

  const factors = (client_id?: string): Factors => ({
    async afterOneFactor(user, client, amr, options = {}) {
      const whose = { ...options, client_id }
      return user.mfa_enabled ? challenge(user, amr, whose) : openSession(user, client, amr, whose)
    },
    resume: mfaToken => mfa.challenges.resume(mfaToken, client_id),
    afterBothFactors: (user, client, amr, consume) => openSession(user, client, amr, { client_id, consume }),
  })

  return {
    ...factors(),
    ofApplication: factors,
    forApplication: applicationSessionOpener(app),
  }
}
