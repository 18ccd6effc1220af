import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { Ok } from '#schemas/common.ts'
import { errors } from '#schemas/errors.ts'
import { PasswordResetQuery, PasswordResetRequest } from '#schemas/password-reset.ts'
import { ref } from '#schemas/ref.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { consumeOneTimeToken, findOneTimeToken } from '#sql/one-time-tokens.ts'
import { addMail } from '#sql/outbox.ts'
import { findUser, lockUser, resetPassword } from '#sql/users.ts'
import { askingPage, donePage, problemOf } from './pages.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { html } = app.pages
  // The page posts a form.
  await app.register(formbody)
  // Whatever went wrong, a browser is told by a page; status and headers stay what they are.
  app.addHook('onSend', async (request, reply, payload) => {
    if (reply.statusCode < 400 || !app.pages.wanted(request)) return payload
    return app.pages.render(reply, askAgain(request.body, payload) ?? app.pages.failed(reply.statusCode))
  })

  app.get(
    '',
    {
      config: { access: 'public', errors: ['authorisationRequired'] },
      schema: {
        operationId: 'showPasswordReset',
        tags: ['users'],
        summary: 'Where the mailed link leads: a page that asks for the new password',
        description: 'It uses nothing up, so mail scanners may follow the link.',
        querystring: PasswordResetQuery,
        response: { 200: { description: 'The page', content: { 'text/html': { schema: Type.String() } } } },
      },
    },
    async (request, reply) => {
      const { token } = request.query
      if (!token) throw errors.authorisationRequired()
      return reply.page(askingPage(html, token, app.config.PASSWORD_MAX_LENGTH))
    },
  )

  app.post(
    '',
    {
      config: {
        access: 'public',
        rateLimit: app.limits.auth,
        errors: ['passwordInvalid', 'passwordTooCommon', 'authorisationRequired', 'tokenInvalid', 'userNotFound'],
      },
      schema: {
        operationId: 'resetPassword',
        tags: ['users'],
        summary: 'Sets a new password with the token of a mailed link, or the one that a code was exchanged for',
        description:
          'Link and code are used up together, and every other mailed link of the account is void. All sessions end, the address counts as verified, a notice is mailed.',
        consumes: ['application/json', 'application/x-www-form-urlencoded'],
        produces: ['application/json', 'text/html'],
        body: ref(PasswordResetRequest),
        response: { 200: ref(Ok, 'The password is set') },
      },
    },
    async (request, reply) => {
      const { token, new_password } = request.body
      if (!token) throw errors.authorisationRequired()
      await app.refuseCommonPassword(new_password)
      // Before anything is hashed: a made-up token must not cost more than a look.
      const proof = await findOneTimeToken(app.db, token)
      if (proof?.purpose !== 'password-reset') throw errors.tokenInvalid()
      await reset(request, proof.user_id, token, await app.passwords.hash(new_password))
      return app.pages.wanted(request) ? reply.page(donePage(html)) : { status: 'ok' as const }
    },
  )

  async function reset(request: FastifyRequest, user_id: string, token: string, password_hash: string): Promise<void> {
    const { client } = request
    const device = { ip: client.ip, user_agent: client.userAgent }
    const { email, announce } = await transaction(app.db, async tx => {
      // First of all, so that what is read below is no older than the lock: a login that just got through is seen, and ended.
      await lockUser(tx, user_id)
      if (!(await consumeOneTimeToken(tx, token, 'password-reset'))) throw errors.tokenInvalid()
      const user = await findUser(tx, user_id)
      if (!user) throw errors.userNotFound()
      await resetPassword(tx, user_id, password_hash)
      await invalidateEmailTokens(tx, user_id)
      const announce = await app.sessions.endAll(tx, user_id, { client })
      await addAuditEvent(tx, { kind: 'password-reset', user_id, session_id: null, ...device })
      await addMail(tx, { template: 'password-changed', user_id, recipient: user.email })
      return { email: user.email, announce }
    })
    // Whoever was locked out by guesses at the old password has proved to be the account's owner.
    await Promise.all([announce(), app.users.forget(user_id), app.attempts.refund('account', email)])
    app.mailer.wake()
  }

  /** Was it the new password that was at fault, its form is shown again: the token is still good. */
  function askAgain(body: unknown, payload: unknown) {
    const { token } = (body ?? {}) as { token?: unknown }
    const problem = problemOf((JSON.parse(String(payload)) as { message: string }).message)
    if (typeof token !== 'string' || !problem) return undefined
    return askingPage(html, token, app.config.PASSWORD_MAX_LENGTH, problem)
  }
}

export default routes
