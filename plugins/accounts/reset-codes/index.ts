// app.resetCodes: the six digits of a password mail, and their exchange for a token that resets the password.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent, NOBODY } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { mintOneTimeToken } from '#sql/one-time-tokens.ts'
import { countResetAttempt, deleteResetCode } from '#sql/reset-codes.ts'
import { findUserByEmail, lockUser } from '#sql/users.ts'
import { type Client, originOf } from '../../http/client.ts'
import { codeDerivation } from './derive.ts'

declare module 'fastify' {
  interface FastifyInstance {
    resetCodes: {
      /** The code of the mail with this id: the same however often the mail is sent. */
      of(outboxId: string): string
      /**
       * Exchanges a code for a one-time token. The guess counts whatever its outcome.
       * @throws codeInvalid, tooManyAttempts
       */
      exchange(email: string, code: string, client: Client): Promise<string>
    }
  }
}

export default fp(
  async app => {
    app.decorate('resetCodes', resetCodes(app))
    app.cleanUp.add({ table: 'reset_codes', key: 'user_id', time: 'expires_at', retentionMs: 0 })
  },
  { name: 'reset-codes', dependencies: ['attempts', 'clean-up', 'config', 'db', 'keys'] },
)

function resetCodes({ attempts, config, db, keys }: FastifyInstance): FastifyInstance['resetCodes'] {
  const codes = codeDerivation(keys.derive('reset-code'))
  const lifetime = config.RESET_TOKEN_TTL_SECONDS * 1000

  /** Runs the same statements for an unknown e-mail: otherwise the response time would tell. */
  async function consume(email: string, code: string, client: Client): Promise<string | undefined> {
    const user = await findUserByEmail(db, email)
    const user_id = user && !user.disabled ? user.id : NOBODY
    return transaction(db, async tx => {
      await lockUser(tx, user_id)
      const outbox_id = await countResetAttempt(tx, user_id)
      if (!codes.matches(outbox_id ?? '', code) || outbox_id === undefined) {
        await addAuditEvent(tx, { kind: 'reset-code-failed', user_id, session_id: null, ...originOf(client) })
        return undefined
      }
      await deleteResetCode(tx, user_id)
      return mintOneTimeToken(tx, { user_id, purpose: 'password-reset', outbox_id, expires_at: Date.now() + lifetime })
    })
  }

  return {
    of: codes.of,
    async exchange(email, code, client) {
      // Five guesses per code do not limit a client that requests one code after another. Codes have a budget of their own, so that guessing them never locks a login.
      const attempt = await attempts.take(client.limitKey, `code ${email}`)
      const token = await consume(email, code, client)
      if (!token) throw errors.codeInvalid()
      await attempt.succeeded()
      return token
    },
  }
}
