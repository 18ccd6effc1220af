import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { Ok } from '#schemas/common.ts'
import { errors } from '#schemas/errors.ts'
import { PasswordResetQuery, PasswordResetRequest } from '#schemas/password-reset.ts'
import { ref } from '#schemas/ref.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { consumeOneTimeToken, findOneTimeToken } from '#sql/one-time-tokens.ts'
import { findUser, resetPassword, type User } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const form = app.pages.tokenForm('reset', ['password-invalid', 'password-too-common'], async token => {
    const { user_id } = await findReset(token)
    const user = await findUser(app.db, user_id)
    // Password managers store the new password under the address.
    return { locale: user?.locale ?? null, email: user?.email }
  })
  const { errorPage } = form

  app.get(
    '',
    {
      config: { access: 'public', errors: ['authorisationRequired', 'tokenInvalid'], errorPage },
      schema: {
        operationId: 'showPasswordReset',
        tags: ['users'],
        summary: 'Show the password reset page',
        description:
          'The link in the email leads here. The page asks for the new password, unless the link no longer works. Opening it ' +
          'does not use up the token, so mail scanners may follow the link.',
        querystring: PasswordResetQuery,
        response: { 200: { description: 'The page.', content: { 'text/html': { schema: Type.String() } } } },
      },
    },
    async (request, reply) => {
      const { token } = request.query
      if (!token) throw errors.authorisationRequired()
      return reply.page(await form.page(request, token))
    },
  )

  app.post(
    '',
    {
      config: {
        access: 'public',
        errorPage,
        errors: ['passwordInvalid', 'passwordTooCommon', 'authorisationRequired', 'tokenInvalid', 'userNotFound'],
      },
      schema: {
        operationId: 'resetPassword',
        tags: ['users'],
        summary: 'Reset the password',
        description:
          'Sets a new password with the token from the link, or with the one that `validate_code` returned. The link and ' +
          'the code are used up together, and all other links sent to the account are invalidated. All sessions of the user ' +
          'end, the email address counts as verified, and a notice is sent by email. Second factors stay, unless nobody had ' +
          'proved before that the account and the mailbox belong to the same person: by an earlier reset, or by verifying ' +
          'the address together with the password.',
        consumes: ['application/json', 'application/x-www-form-urlencoded'],
        produces: ['application/json', 'text/html'],
        body: ref(PasswordResetRequest),
        response: { 200: ref(Ok, 'The password is set.') },
      },
    },
    async (request, reply) => {
      const { token, new_password } = request.body
      if (!token) throw errors.authorisationRequired()
      await app.passwords.rejectCommon(new_password)
      // Before anything is hashed: an invalid token must cost no more than a query.
      const { user_id } = await findReset(token)
      await reset(request, user_id, token, await app.passwords.hash(new_password))
      return app.pages.wanted(request) ? reply.page('reset/done') : { status: 'ok' as const }
    },
  )

  async function findReset(token: string) {
    const proof = await findOneTimeToken(app.db, token)
    if (proof?.purpose !== 'password-reset') throw errors.tokenInvalid()
    return proof
  }

  async function reset(
    request: FastifyRequest,
    user_id: User['id'],
    token: string,
    password_hash: string,
  ): Promise<void> {
    await app.accounts.change(user_id, request.client, async (tx, user, effects) => {
      if (user.disabled || !(await consumeOneTimeToken(tx, token, 'password-reset'))) throw errors.tokenInvalid()
      request.locale = user.locale
      // Whoever signed up may have been somebody else, who typed the address of this mailbox.
      if (user.owner_proved_at === null) await app.earlierHolder.evict(tx, user, effects)
      await resetPassword(tx, user_id, password_hash)
      await invalidateEmailTokens(tx, user_id)
      await effects.endSessions()
      await effects.auditEvent('password-reset')
      await effects.mail('password-reset')
      // Guesses at the old password may have locked the account; this client has just proved to be its owner.
      effects.afterCommit(() => app.attempts.unlock(user.email))
    })
  }
}

export default routes
