import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { type ErrorName, errors, toNotFound } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { DeletedUser, DeleteUserRequest, User, UserParams, UserUpdate } from '#schemas/users.ts'
import { isDuplicate } from '#sql/connection/errors.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { deleteMfaChallenges } from '#sql/mfa-challenges.ts'
import { deleteUser } from '#sql/user-deletion.ts'
import { lockAdministrators, type User as Row, updateUser } from '#sql/users.ts'
import { assertAllowed, canAdminister, columnsOf, eventsOf, mailsOf, setsAdministrative } from './update.ts'

/** PUT clears what the body leaves out. */
const EMPTY_PROFILE = { first_name: null, last_name: null, phone_number: null, address: null, national_id: null }

const CHANGE_ERRORS: ErrorName[] = ['notFound', 'lastAdministrator', 'emailInvalid', 'userAlreadyExists']

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'getUser',
        tags: ['users'],
        summary: 'Get a user',
        description: 'Users can read themselves; administrators can read everyone.',
        params: UserParams,
        response: { 200: ref(User, 'The user.') },
      },
    },
    async request => app.users.get(request.params.user_id).catch(toNotFound),
  )

  const changed = {
    tags: ['users'],
    params: UserParams,
    body: ref(UserUpdate),
    response: { 200: ref(User, 'The updated user.') },
  }

  app.patch(
    '',
    {
      config: { stepUp: 'session', stepUpWhen: isAdministrative, errors: CHANGE_ERRORS },
      schema: {
        ...changed,
        operationId: 'changeUser',
        summary: 'Update a user',
        description:
          'Changes the given fields and keeps the others; `null` clears a field. Users can update themselves; ' +
          'administrators can update everyone. Changing `access_role`, `disabled`, `email` or `email_verified` requires an ' +
          'administrator and ends all sessions of the user. A new email address is not verified unless `email_verified` is ' +
          'given too: then a link is mailed to it. Notices go to the old address and the new one.',
      },
    },
    async request => change(request, request.params.user_id, request.body).catch(toNotFound),
  )

  app.put(
    '',
    {
      config: { stepUp: 'session', stepUpWhen: isAdministrative, errors: CHANGE_ERRORS },
      schema: {
        ...changed,
        operationId: 'replaceUser',
        summary: 'Replace a user',
        description:
          'Replaces the profile: fields that are left out are cleared, except `access_role`, `disabled`, `email` and ' +
          '`email_verified`. Users can replace themselves; administrators can replace everyone. Changing one of these four ' +
          'requires an administrator and ends all sessions of the user.',
      },
    },
    async request => change(request, request.params.user_id, { ...EMPTY_PROFILE, ...request.body }).catch(toNotFound),
  )

  app.delete(
    '',
    {
      config: {
        authLimit: true,
        optionalBody: true,
        stepUp: 'request',
        errors: ['notFound', 'lastAdministrator'],
      },
      schema: {
        operationId: 'deleteUser',
        tags: ['users'],
        summary: 'Delete a user',
        description:
          'Deletes the account with everything that belongs to it, and ends its sessions. Users can delete their own ' +
          'account; administrators can delete others.',
        params: UserParams,
        body: ref(DeleteUserRequest),
        response: { 200: ref(DeletedUser, 'The account is deleted.') },
      },
    },
    async request => {
      const { params, user: caller, client, stepUp } = request
      const { user_id: id } = params
      const deletion = app.accounts.change(
        id,
        client,
        async (tx, user, effects) => {
          await keepLastAdministrator(tx, user)
          await effects.endSessions()
          await deleteUser(tx, id, caller.user_id)
        },
        { caller, stepUp },
      )
      await deletion.catch(toNotFound)
      return { id }
    },
  )

  /**
   * A change of role, of `disabled` or of the e-mail ends the user's sessions, whose tokens claim what is no longer true, and invalidates what was mailed
   * and logins that are half done: nothing begun before it completes after it.
   */
  async function change(
    { user: caller, client, stepUp }: FastifyRequest,
    id: number,
    update: UserUpdate,
  ): Promise<User> {
    assertAllowed(caller, id, update)
    const phone = await app.phoneNumbers.columnsOf(update)
    await app.accounts.change(
      id,
      client,
      async (tx, before, effects) => {
        if (!canAdminister({ ...before, ...columnsOf(before, update) })) await keepLastAdministrator(tx, before)
        await updateUser(tx, id, { ...columnsOf(before, update), ...phone }).catch(error => {
          throw isDuplicate(error) ? errors.userAlreadyExists() : error
        })
        const kinds = eventsOf(before, update)
        if (kinds.length === 0) return
        for (const kind of kinds) await effects.auditEvent(kind)
        await invalidateEmailTokens(tx, id)
        await deleteMfaChallenges(tx, id)
        await effects.endSessions()
        for (const { template, recipient } of mailsOf(before, update)) await effects.mail(template, recipient)
      },
      { caller, stepUp },
    )
    return app.users.get(id)
  }
}

/** Others than administrators are refused by the handler: that their role forbids it comes first. */
function isAdministrative({ user, body }: FastifyRequest): boolean {
  return user.access_role === 'admin' && setsAdministrative(body as UserUpdate)
}

type Connection = Parameters<typeof lockAdministrators>[0]

async function keepLastAdministrator(tx: Connection, user: Row): Promise<void> {
  if (canAdminister(user) && (await lockAdministrators(tx)) <= 1) throw errors.lastAdministrator()
}

export default routes
