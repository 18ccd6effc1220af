import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { normaliseEmail } from '#schemas/email.ts'
import { errors } from '#schemas/errors.ts'
import { ResetToken, ValidateCodeRequest } from '#schemas/passwords.ts'
import { ref } from '#schemas/ref.ts'
import { addAuditEvent, NOBODY } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { mintOneTimeToken } from '#sql/one-time-tokens.ts'
import { countResetAttempt, deleteResetCode } from '#sql/reset-codes.ts'
import { findUserByEmail, lockUser } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const lifetime = app.config.RESET_TOKEN_TTL_SECONDS * 1000

  app.post(
    '',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        errors: ['emailInvalid', 'codeInvalid', 'tooManyAttempts'],
      },
      schema: {
        operationId: 'validateCode',
        tags: ['users'],
        summary: 'Exchanges the code of a password mail for a token that resets the password',
        description:
          'A code that is wrong, used, expired or was never mailed is the same `code-invalid`. After five tries a code is dead.',
        body: ref(ValidateCodeRequest),
        response: { 200: ref(ResetToken, 'The code was right, and is used up') },
      },
    },
    async request => {
      const email = normaliseEmail(request.body.email)
      const giveBack = await takeAttempt(email, request)
      const reset_token = await exchange(email, request.body.code, request)
      if (!reset_token) throw errors.codeInvalid()
      await giveBack()
      return { reset_token }
    },
  )

  /** Five tries a code are no bound for who asks for one code after the other. Codes have a budget of their own: no login is locked by it. */
  async function takeAttempt(email: string, request: FastifyRequest): Promise<() => Promise<unknown>> {
    const address = app.limits.address(request)
    const account = `code ${email}`
    await app.attempts.take('address', address)
    await app.attempts.take('account', account)
    return () => Promise.all([app.attempts.refund('address', address), app.attempts.refund('account', account)])
  }

  /** The same statements for an unknown e-mail, or the time would tell. The try counts whatever comes of it. */
  async function exchange(email: string, code: string, request: FastifyRequest): Promise<string | undefined> {
    const user_id = (await findUserByEmail(app.db, email))?.id ?? NOBODY
    return transaction(app.db, async tx => {
      await lockUser(tx, user_id)
      const outbox_id = await countResetAttempt(tx, user_id)
      if (!app.resetCodes.matches(outbox_id ?? NOBODY, code) || outbox_id === undefined) {
        await addAuditEvent(tx, { kind: 'reset-code-failed', user_id, session_id: null, ...app.device(request) })
        return undefined
      }
      await deleteResetCode(tx, user_id)
      return mintOneTimeToken(tx, { user_id, purpose: 'password-reset', outbox_id, expires_at: Date.now() + lifetime })
    })
  }
}

export default routes
