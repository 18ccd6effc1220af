import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { PasswordChangeRequest, PasswordChangeResponse } from '#schemas/password.ts'
import { ref } from '#schemas/ref.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { bumpGeneration } from '#sql/sessions.ts'
import { replacePassword, type User } from '#sql/users.ts'

/** A concurrent login may replace the hash by a stronger one of the same password: then it is verified again. */
const ATTEMPTS = 3

const routes: FastifyPluginAsyncTypebox = async app => {
  app.put(
    '',
    {
      config: {
        authLimit: true,
        errors: ['passwordInvalid', 'passwordTooCommon', 'passwordWrong', 'userNotFound', 'tooManyAttempts'],
      },
      schema: {
        operationId: 'changePassword',
        tags: ['users'],
        summary: 'Change the password',
        description:
          'Returns the next tokens of this session, and invalidates the previous ones. All other sessions of the user end, ' +
          'and links and codes that were sent by email before are invalidated. A notice is sent by email.',
        body: ref(PasswordChangeRequest),
        response: {
          200: ref(
            PasswordChangeResponse,
            'The new tokens; or a new cookie, if the caller authenticates with the session cookie.',
          ),
        },
      },
    },
    async (request, reply) => {
      const { old_password, new_password } = request.body
      await app.passwords.rejectCommon(new_password)
      const session = await change(request, old_password, new_password)
      if (!request.byCookie) return app.sessions.tokensOf(session)
      app.sessionCookie.set(reply, session)
      return { status: 'ok' as const }
    },
  )

  async function change({ user, client }: FastifyRequest, old_password: string, new_password: string) {
    let password_hash: string | undefined
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const verified = await app.credentials.reauthenticate(user.user_id, old_password, client)
      password_hash ??= await app.passwords.hash(new_password)
      const session = await replace(verified, password_hash, client, user.sid)
      if (session) return session
    }
    throw errors.passwordWrong()
  }

  /** @returns the session in its next generation; undefined if the account changed since the password was verified */
  function replace(verified: User, password_hash: string, client: FastifyRequest['client'], sid: string) {
    return app.accounts.change(verified.id, client, async (tx, { access_role, mfa_enabled }, effects) => {
      if (!(await replacePassword(tx, verified, password_hash))) return undefined
      const session = await bumpGeneration(tx, sid, verified.id)
      if (!session) throw errors.tokenInvalid()
      effects.revoke(sid, session.generation)
      await effects.endSessions({ except: sid })
      await invalidateEmailTokens(tx, verified.id)
      await effects.auditEvent('password-changed', sid)
      await effects.mail('password-changed')
      return { ...session, access_role, mfa_enabled }
    })
  }
}

export default routes
