import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'
import { Ok } from '#schemas/common.ts'
import { EmailVerificationQuery, EmailVerificationRequest } from '#schemas/email-verification.ts'
import { type ErrorName, errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { isDuplicate } from '#sql/connection/errors.ts'
import { findEmailChange } from '#sql/email-changes.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { consumeOneTimeToken, findOneTimeToken } from '#sql/one-time-tokens.ts'
import type { Tables } from '#sql/tables.ts'
import { changeEmail, markEmailVerified } from '#sql/users.ts'
import { confirmPage, donePage } from './pages.ts'

const ERRORS: ErrorName[] = ['authorisationRequired', 'tokenInvalid', 'userNotFound', 'userAlreadyExists']

const routes: FastifyPluginAsyncTypebox = async app => {
  const { html } = app.pages
  app.get(
    '',
    {
      config: { access: 'public', authLimit: true, errors: ERRORS },
      // A HEAD would consume the token.
      exposeHeadRoute: false,
      schema: {
        operationId: 'verifyEmailByLink',
        tags: ['users'],
        summary: 'Verify an email address with a link',
        description:
          'The link in the email leads here. A browser gets a page with a button that posts the token, so that mail ' +
          'scanners which follow links do not use it up.',
        produces: ['application/json', 'text/html'],
        querystring: EmailVerificationQuery,
        response: { 200: ref(Ok, 'The address is verified. A new address is now in use.') },
      },
    },
    async (request, reply) => {
      const { token } = request.query
      if (token && app.pages.wanted(request)) return reply.page(confirmPage(html, token))
      await verify(request, token)
      return { status: 'ok' as const }
    },
  )

  app.post(
    '',
    {
      config: { access: 'public', errors: ERRORS },
      schema: {
        operationId: 'verifyEmail',
        tags: ['users'],
        summary: 'Verify an email address',
        description:
          'Verifies the address after signing up or after changing it. Accepts JSON, or the form that the page behind the ' +
          'link posts.',
        consumes: ['application/json', 'application/x-www-form-urlencoded'],
        produces: ['application/json', 'text/html'],
        body: ref(EmailVerificationRequest),
        response: { 200: ref(Ok, 'The address is verified. A new address is now in use.') },
      },
    },
    async (request, reply) => {
      await verify(request, request.body.token)
      return app.pages.wanted(request) ? reply.page(donePage(html)) : { status: 'ok' as const }
    },
  )

  /** Consumes the token and records what it proves, or does neither. */
  async function verify(request: FastifyRequest, token: string | undefined): Promise<void> {
    if (!token) throw errors.authorisationRequired()
    const proof = await findOneTimeToken(app.db, token)
    if (!proof || proof.purpose === 'password-reset') throw errors.tokenInvalid()
    const { user_id, purpose, outbox_id } = proof
    await app.accounts.change(user_id, request.client, async (tx, _user, effects) => {
      if (!(await consumeOneTimeToken(tx, token, purpose))) throw errors.tokenInvalid()
      if (purpose === 'email-change') await completeChange(tx, user_id, outbox_id)
      else await markEmailVerified(tx, user_id)
      await effects.auditEvent(purpose === 'email-change' ? 'email-changed' : 'email-verified')
    })
  }
}

/** If two users confirm the same address, the unique key decides. Tokens mailed to the old address are invalidated. */
async function completeChange(tx: Transaction<Tables>, user_id: number, outbox_id: string): Promise<void> {
  const change = await findEmailChange(tx, user_id, outbox_id)
  if (!change) throw errors.tokenInvalid()
  await changeEmail(tx, user_id, change.new_email).catch(error => {
    throw isDuplicate(error) ? errors.userAlreadyExists() : error
  })
  await invalidateEmailTokens(tx, user_id)
}

export default routes
