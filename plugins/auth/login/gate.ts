/** The one gate to a session: no way to log in skips an enrolled second factor. It is handed to the ways to log in, and to nothing else. */
import type { FastifyInstance } from 'fastify'
import type { MfaChallenge } from '#schemas/login.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { replacePassword, type User } from '#sql/users.ts'
import type { Client } from '../../http/client.ts'
import type { Consume } from '../mfa/types.ts'
import type { Amr } from '../sessions/amr.ts'
import { type OpenedSession, type OpenOptions, sessionOpener } from './open-session.ts'

/**
 * Both return undefined if the account changed since `user` was read (another password hash, a second factor): authenticate again.
 * @throws userAlreadyLoggedIn under LOGIN_POLICY=single
 */
export interface Gate {
  /**
   * Opens a session, or challenges for the second factor if one is enrolled. What `options` say happens in the same transaction.
   */
  afterOneFactor(
    user: User,
    client: Client,
    amr: Amr,
    options?: OpenOptions,
  ): Promise<OpenedSession | MfaChallenge | undefined>
  /** @param consume uses up what was verified, in the transaction that opens the session: either both happen or neither does */
  afterBothFactors(user: User, client: Client, amr: Amr, consume: Consume): Promise<OpenedSession | undefined>
}

export function createGate(app: Pick<FastifyInstance, 'config' | 'db' | 'mailer' | 'mfa' | 'revocations'>): Gate {
  const { db, mfa } = app
  const openSession = sessionOpener(app)

  async function challenge(
    user: User,
    first: Amr,
    { rehashed, consume }: OpenOptions,
  ): Promise<MfaChallenge | undefined> {
    if (rehashed === undefined && !consume) return mfa.challenges.issue(user, first)
    const password_hash = rehashed ?? user.password_hash
    return transaction(db, async tx => {
      if (!(await replacePassword(tx, user, password_hash))) return undefined
      await consume?.(tx)
      return mfa.challenges.issue({ ...user, password_hash }, first, tx)
    })
  }

  return {
    async afterOneFactor(user, client, amr, options = {}) {
      return user.mfa_enabled ? challenge(user, amr, options) : openSession(user, client, amr, options)
    },
    afterBothFactors: (user, client, amr, consume) => openSession(user, client, amr, { consume }),
  }
}
