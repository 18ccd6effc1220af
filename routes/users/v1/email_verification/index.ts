import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Transaction } from 'kysely'
import { Ok } from '#schemas/common.ts'
import { EmailVerificationQuery, EmailVerificationRequest } from '#schemas/email-verification.ts'
import { type ErrorName, errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { isDuplicate } from '#sql/connection/errors.ts'
import { findEmailChange } from '#sql/email-changes.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { listLinkedLogins } from '#sql/linked-logins.ts'
import { consumeOneTimeToken, findOneTimeToken } from '#sql/one-time-tokens.ts'
import type { Tables } from '#sql/tables.ts'
import { changeEmail, findUser, markEmailVerified, NO_PASSWORD, recordOwnerProof, type User } from '#sql/users.ts'
import { isNoApiClient } from './scanners.ts'

const ERRORS: ErrorName[] = ['authorisationRequired', 'tokenInvalid', 'userNotFound', 'userAlreadyExists']

const routes: FastifyPluginAsyncTypebox = async app => {
  const errorPage = app.pages.tokenForm('verification', ['password-wrong', 'too-many-attempts'])
  app.get(
    '',
    {
      config: { access: 'public', authLimit: true, errors: ERRORS, errorPage },
      // A HEAD would consume the token.
      exposeHeadRoute: false,
      schema: {
        operationId: 'verifyEmailByLink',
        tags: ['users'],
        summary: 'Verify an email address with a link',
        description:
          'The link in the email leads here. Browsers and mail scanners get a page, which consumes nothing: it says ' +
          'so if the link no longer works, else its button posts the token with the password of the account. API clients verify the address at once.',
        produces: ['application/json', 'text/html'],
        querystring: EmailVerificationQuery,
        response: { 200: ref(Ok, 'The address is verified. A new address is now in use.') },
      },
    },
    async (request, reply) => {
      const { token } = request.query
      if (token && isNoApiClient(request))
        return reply.page('verification/form', { token, ...(await withoutPassword(request, await findProof(token))) })
      await verify(request, token)
      return { status: 'ok' as const }
    },
  )

  app.post(
    '',
    {
      config: { access: 'public', errors: [...ERRORS, 'passwordWrong', 'tooManyAttempts'], errorPage },
      schema: {
        operationId: 'verifyEmail',
        tags: ['users'],
        summary: 'Verify an email address',
        description:
          'Verifies the address after signing up or after changing it. Accepts JSON, or the form that the page behind the ' +
          'link posts. The link proves a mailbox; send the password along to prove that the account belongs to the same ' +
          'person. Verifying an address again succeeds until the link expires; a change of address works once.',
        consumes: ['application/json', 'application/x-www-form-urlencoded'],
        produces: ['application/json', 'text/html'],
        body: ref(EmailVerificationRequest),
        response: { 200: ref(Ok, 'The address is verified. A new address is now in use.') },
      },
    },
    async (request, reply) => {
      await verify(request, request.body.token, request.body.password)
      return app.pages.wanted(request) ? reply.page('verification/done') : { status: 'ok' as const }
    },
  )

  /** The providers that open an account without a password: nobody could type that. */
  async function withoutPassword(
    request: FastifyRequest,
    { user_id }: { user_id: User['id'] },
  ): Promise<{ providers?: string }> {
    const user = await findUser(app.db, user_id)
    request.locale = user?.locale ?? null
    if (user?.password_hash !== NO_PASSWORD) return {}
    const linked = await listLinkedLogins(app.db, user.id)
    return { providers: linked.map(({ provider, name }) => (name ? `${provider} (${name})` : provider)).join(', ') }
  }

  async function findProof(token: string) {
    const proof = await findOneTimeToken(app.db, token)
    if (!proof || proof.purpose === 'password-reset') throw errors.tokenInvalid()
    return proof
  }

  /** Records what the token proves, or does nothing. */
  async function verify(request: FastifyRequest, token: string | undefined, password?: string): Promise<void> {
    if (!token) throw errors.authorisationRequired()
    const { client } = request
    const { user_id, purpose, outbox_id } = await findProof(token)
    const verified =
      password === undefined
        ? undefined
        : await app.credentials.reauthenticate({ user_id, sid: null }, password, client)
    const work = async (tx: Transaction<Tables>, user: User, effects: Effects) => {
      request.locale = user.locale
      if (user.disabled) throw errors.tokenInvalid()
      if (purpose === 'email-change') await completeChange(tx, user, token, outbox_id, effects)
      else await proveAddress(tx, user, token, effects)
      if (verified) await recordOwnerProof(tx, user_id)
    }
    await app.accounts.change(user_id, client, work, { verified })
  }
}

type Effects = Parameters<Parameters<FastifyInstance['accounts']['change']>[2]>[2]

/** Repeatable: a page that is loaded again, a double click and the older of two mails prove the same, and nothing more. */
async function proveAddress(tx: Transaction<Tables>, user: User, token: string, effects: Effects): Promise<void> {
  if (!(await findOneTimeToken(tx, token))) throw errors.tokenInvalid()
  if (user.email_verified) return
  await markEmailVerified(tx, user.id)
  await effects.auditEvent('email-verified')
}

/** If two users confirm the same address, the unique key decides. Tokens mailed to the old address are invalidated. */
async function completeChange(
  tx: Transaction<Tables>,
  { id }: User,
  token: string,
  outbox_id: string,
  effects: Effects,
): Promise<void> {
  if (!(await consumeOneTimeToken(tx, token, 'email-change'))) throw errors.tokenInvalid()
  const change = await findEmailChange(tx, id, outbox_id)
  if (!change) throw errors.tokenInvalid()
  await changeEmail(tx, id, change.new_email).catch(error => {
    throw isDuplicate(error) ? errors.userAlreadyExists() : error
  })
  await invalidateEmailTokens(tx, id)
  await effects.auditEvent('email-changed')
}

export default routes
