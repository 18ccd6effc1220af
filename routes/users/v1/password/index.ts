import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { PasswordChangeRequest, PasswordChangeResponse } from '#schemas/password.ts'
import { ref } from '#schemas/ref.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { addMail } from '#sql/outbox.ts'
import { bumpGeneration } from '#sql/sessions.ts'
import { replacePassword, type User } from '#sql/users.ts'

/** A login beside this may put a fresh hash of the same password in place: then the proof is made again. */
const ATTEMPTS = 3

const routes: FastifyPluginAsyncTypebox = async app => {
  app.put(
    '',
    {
      config: {
        rateLimit: app.limits.auth,
        errors: ['passwordInvalid', 'passwordTooCommon', 'passwordWrong', 'userNotFound', 'tooManyAttempts'],
      },
      schema: {
        operationId: 'changePassword',
        tags: ['users'],
        summary: "Changes the caller's password",
        description:
          'All other sessions end, and links and codes that were mailed before are void. The answer carries the next tokens of this session; those before are dead. ' +
          'A notice is mailed.',
        body: ref(PasswordChangeRequest),
        response: {
          200: ref(PasswordChangeResponse, 'The next tokens of this session; for a browser, its next cookie'),
        },
      },
    },
    async (request, reply) => {
      const { old_password, new_password } = request.body
      await app.refuseCommonPassword(new_password)
      const session = await change(request, old_password, new_password)
      app.mailer.wake()
      if (!request.byCookie) return app.sessions.tokensOf(session)
      app.sessionCookie.set(reply, session)
      return { status: 'ok' as const }
    },
  )

  async function change(request: FastifyRequest, old_password: string, new_password: string) {
    let password_hash: string | undefined
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const user = await app.credentials.confirm(request.user.user_id, old_password, request.client)
      password_hash ??= await app.passwords.hash(new_password)
      const changed = await replace(request, user, password_hash)
      if (!changed) continue
      await Promise.all([changed.announce(), app.revocations.announce(changed.session.id, changed.session.generation)])
      return { ...changed.session, access_role: user.access_role, mfa_enabled: user.mfa_enabled }
    }
    throw errors.passwordWrong()
  }

  /** All of it is done, or nothing. Undefined where the account changed since the password was proved. */
  async function replace(request: FastifyRequest, user: User, password_hash: string) {
    const { sid: session_id, user_id } = request.user
    const { client } = request
    const device = { ip: client.ip, user_agent: client.userAgent }
    return transaction(app.db, async tx => {
      if (!(await replacePassword(tx, user, password_hash))) return undefined
      const session = await bumpGeneration(tx, session_id, user_id)
      if (!session) throw errors.tokenInvalid()
      const announce = await app.sessions.endAll(tx, user_id, { client, except: session_id })
      await invalidateEmailTokens(tx, user_id)
      await addAuditEvent(tx, { kind: 'password-changed', user_id, session_id, ...device })
      await addMail(tx, { template: 'password-changed', user_id, recipient: user.email })
      return { session, announce }
    })
  }
}

export default routes
