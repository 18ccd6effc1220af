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
  const form = app.pages.tokenForm('verification', ['password-wrong', 'too-many-attempts'], describe)
  const { errorPage } = form

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
      if (token && isNoApiClient(request)) {
        const page = await form.page(request, token)
        return reply.page(page.data?.isDone ? { ...page, name: 'verification/already' } : page)
      }
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
      if (!app.pages.wanted(request)) return { status: 'ok' as const }
      return reply.page('verification/done', { isSignedIn: (await app.access.visitor(request, reply)) !== undefined })
    },
  )

  /** What a valid link would do, and whether that is done: whoever has it has the mailbox. @throws tokenInvalid */
  async function describe(token: string) {
    const { user_id, purpose, outbox_id } = await findProof(token)
    const user = await findUser(app.db, user_id)
    const change = purpose === 'email-change' ? await findEmailChange(app.db, user_id, outbox_id) : undefined
    const hasPassword = user?.password_hash !== NO_PASSWORD
    return {
      locale: user?.locale ?? null,
      // Until the password was typed behind a link, it would still prove whose account it is.
      isDone:
        purpose !== 'email-change' && user?.email_verified === 1 && (!hasPassword || user.owner_proved_at !== null),
      email: change?.new_email ?? user?.email,
      // Nobody could type a password that there is not.
      ...(!hasPassword && { providers: await providersOf(user_id) }),
    }
  }

  async function providersOf(userId: User['id']): Promise<string> {
    const linked = await listLinkedLogins(app.db, userId)
    return linked
      .map(({ provider, name }) => (name ? `${app.social.nameOf(provider)} (${name})` : app.social.nameOf(provider)))
      .join(', ')
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
  { id, email }: User,
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
  await effects.mail('email-changed', email)
}

export default routes
