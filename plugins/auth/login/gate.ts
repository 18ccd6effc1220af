/** The one gate to a session, and the only caller of `sessions.open`: no way to log in skips an enrolled second factor. */
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import type { MfaChallenge } from '#schemas/login.ts'
import { transaction } from '#sql/connection/transaction.ts'
import type { Tables } from '#sql/tables.ts'
import { replacePassword, type User } from '#sql/users.ts'
import type { Client } from '../../http/client.ts'
import type { ActiveSession } from '../sessions/types.ts'

export type OpenedSession = ActiveSession & { email: string }

/**
 * Both give undefined where the account changed since `user` was read (another password hash, a second factor): authenticate again.
 * @throws accountDisabled; userAlreadyLoggedIn under LOGIN_POLICY=single
 */
export interface Gate {
  /** Opens a session, or challenges for the second factor where one is enrolled. */
  afterOneFactor(
    user: User,
    client: Client,
    options?: {
      /** A stronger hash of the password that was just verified. */
      rehashed?: string | undefined
    },
  ): Promise<OpenedSession | MfaChallenge | undefined>
  /** @param consume uses up what was proved, in the transaction that opens the session: either both happen or neither does */
  afterBothFactors(
    user: User,
    client: Client,
    consume: (tx: Transaction<Tables>) => Promise<void>,
  ): Promise<OpenedSession | undefined>
}

export function createGate({ db, mfa, sessions }: Pick<FastifyInstance, 'db' | 'mfa' | 'sessions'>): Gate {
  async function challenge(user: User, rehashed: string | undefined): Promise<MfaChallenge | undefined> {
    if (rehashed === undefined) return mfa.challenges.issue(user)
    const replaced = await transaction(db, tx => replacePassword(tx, user, rehashed))
    return replaced ? mfa.challenges.issue({ ...user, password_hash: rehashed }) : undefined
  }

  return {
    async afterOneFactor(user, client, { rehashed } = {}) {
      if (user.mfa_enabled) return challenge(user, rehashed)
      const session = await sessions.open(user, client, { rehashed })
      return session && { ...session, email: user.email }
    },
    async afterBothFactors(user, client, consume) {
      const session = await sessions.open(user, client, { consume })
      return session && { ...session, email: user.email }
    },
  }
}
