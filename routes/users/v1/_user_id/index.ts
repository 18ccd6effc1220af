import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { type ErrorName, toNotFound } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { DeletedUser, DeleteUserRequest, User, UserParams, UserUpdate } from '#schemas/users.ts'

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
    async request => change(request, request.params.user_id, request.body),
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
    async request => change(request, request.params.user_id, { ...EMPTY_PROFILE, ...request.body }),
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
    async ({ params, user: caller, client, stepUp }) => {
      const { user_id: id } = params
      await app.userChanges.delete(id, caller, client, stepUp).catch(toNotFound)
      return { id }
    },
  )

  const change = ({ user: caller, client, stepUp }: FastifyRequest, id: number, update: UserUpdate): Promise<User> =>
    app.userChanges.update(id, update, caller, client, { stepUp }).catch(toNotFound)

  /** Others than administrators are refused by the handler: that their role forbids it comes first. */
  function isAdministrative({ user, body }: FastifyRequest): boolean {
    return user.access_role === 'admin' && app.userChanges.isAdministrative(body as UserUpdate)
  }
}

export default routes
