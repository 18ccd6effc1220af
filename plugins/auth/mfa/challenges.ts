import { createHash, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import type { MfaChallenge } from '#schemas/login.ts'
import { consumeMfaChallenge, countMfaAttempt, findMfaChallenge, insertMfaChallenge } from '#sql/mfa-challenges.ts'
import { mfaMethods } from '#sql/second-factors.ts'
import type { Tables } from '#sql/tables.ts'
import { findUser, type User } from '#sql/users.ts'
import { type Amr, FEDERATED_AMR, PASSWORD_AMR } from '../sessions/amr.ts'
import { MFA_TOKEN_TTL_SECONDS } from '../tokens/claims.ts'
import type { Consume } from './types.ts'

export interface Challenges {
  /**
   * The response to a login whose first factor was verified: an `mfa_token`, which opens nothing but the second half of the login.
   * @param clientId the application that logs the user in, and that alone can finish it; undefined for the service itself
   */
  issue(user: User, first: Amr, clientId?: string, tx?: Transaction<Tables>): Promise<MfaChallenge>
  /**
   * Resumes a login with its `mfa_token`. Takes one of its attempts.
   * @throws tokenInvalid, also if the token was used, has no attempts left, is another application's, or the password was changed; tokenExpired; accountDisabled
   */
  resume(mfaToken: string, clientId?: string): Promise<ResumedLogin>
}

export interface ResumedLogin {
  user: User
  first: Amr
  consume: Consume
}

/** Guesses per `mfa_token`. */
const ATTEMPTS_MAX = 5

export function createChallenges({ db, tokens }: Pick<FastifyInstance, 'db' | 'tokens'>): Challenges {
  return {
    async issue({ id: user_id, password_hash }, first, clientId, tx) {
      const iat = Math.floor(Date.now() / 1000)
      const exp = iat + MFA_TOKEN_TTL_SECONDS
      const id = randomUUID()
      const methods = (await mfaMethods(tx ?? db, user_id)).filter(
        // A passkey is asked for by our own pages, and by what `login/passkey` serves.
        method => clientId === undefined || method !== 'passkey',
      )
      await insertMfaChallenge(tx ?? db, { id, user_id, expires_at: exp * 1000 })
      const mfa_token = tokens.mfa.sign({
        sub: String(user_id),
        iat,
        exp,
        jti: id,
        pwd: fingerprint(password_hash),
        ...(first === FEDERATED_AMR && { fed: true }),
        ...(clientId !== undefined && { client_id: clientId }),
      })
      return { mfa_required: true, mfa_token, expires_in: MFA_TOKEN_TTL_SECONDS, methods }
    },
    async resume(mfaToken, clientId) {
      const { sub, jti, pwd, fed, client_id } = tokens.mfa.verify(mfaToken)
      if (client_id !== clientId) throw errors.tokenInvalid()
      const user = await findUser(db, Number(sub))
      if (!user || fingerprint(user.password_hash) !== pwd) throw errors.tokenInvalid()
      if (user.disabled) throw errors.accountDisabled()
      if (!(await countMfaAttempt(db, jti, ATTEMPTS_MAX)))
        throw (await findMfaChallenge(db, jti))
          ? errors.tokenInvalid({ details: { reason: 'attempts' } })
          : errors.tokenInvalid()
      return {
        user,
        first: fed ? FEDERATED_AMR : PASSWORD_AMR,
        async consume(tx) {
          if (!(await consumeMfaChallenge(tx, jti))) throw errors.tokenInvalid()
        },
      }
    },
  }
}

/** Binds a login to the password that began it. The hash has a random salt, so this reveals nothing about it. */
function fingerprint(passwordHash: string): string {
  return createHash('sha256').update(passwordHash).digest('base64url').slice(0, 22)
}
