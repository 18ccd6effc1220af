import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors, toNotFound } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { DeletedUser, DeleteUserRequest, User, UserParams, UserUpdate } from '#schemas/users.ts'
import type { AuditEventKind } from '#sql/audit-events.ts'
import { invalidateEmailTokens } from '#sql/email-tokens.ts'
import { deleteMfaChallenges } from '#sql/mfa-challenges.ts'
import { deleteUser } from '#sql/user-deletion.ts'
import { lockAdministrators, type User as Row, updateUser } from '#sql/users.ts'

/** PUT clears what the body leaves out. */
const EMPTY_PROFILE = { first_name: null, last_name: null, phone_number: null, address: null, national_id: null }

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
      config: { stepUp: 'session', stepUpWhen: isAdministrative, errors: ['notFound', 'lastAdministrator'] },
      schema: {
        ...changed,
        operationId: 'changeUser',
        summary: 'Update a user',
        description:
          'Changes the given fields and keeps the others; `null` clears a field. Users can update themselves; ' +
          'administrators can update everyone. Changing `access_role` or `disabled` requires an administrator and ends all ' +
          'sessions of the user.',
      },
    },
    async request => change(request, request.params.user_id, request.body).catch(toNotFound),
  )

  app.put(
    '',
    {
      config: { stepUp: 'session', stepUpWhen: isAdministrative, errors: ['notFound', 'lastAdministrator'] },
      schema: {
        ...changed,
        operationId: 'replaceUser',
        summary: 'Replace a user',
        description:
          'Replaces the profile: fields that are left out are cleared, except `access_role` and `disabled`. Users can ' +
          'replace themselves; administrators can replace everyone. Changing `access_role` or `disabled` requires an ' +
          'administrator and ends all sessions of the user.',
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
   * A change of role or of `disabled` ends the user's sessions, whose tokens claim what is no longer true, and invalidates what was mailed and logins that
   * are half done: nothing begun before it completes after it.
   */
  async function change(
    { user: caller, client, stepUp }: FastifyRequest,
    id: number,
    update: UserUpdate,
  ): Promise<User> {
    const { disabled, ...columns } = update
    const administrative = disabled !== undefined || update.access_role !== undefined
    if (administrative && caller.access_role !== 'admin') throw errors.forbidden()
    await app.accounts.change(
      id,
      client,
      async (tx, before, effects) => {
        if (disabled || update.access_role === 'basic') await keepLastAdministrator(tx, before)
        await updateUser(tx, id, { ...columns, ...(disabled !== undefined && { disabled: disabled ? 1 : 0 }) })
        const kinds = eventsOf(before, update)
        if (kinds.length === 0) return
        for (const kind of kinds) await effects.auditEvent(kind)
        await invalidateEmailTokens(tx, id)
        await deleteMfaChallenges(tx, id)
        await effects.endSessions()
      },
      { caller, stepUp },
    )
    return app.users.get(id)
  }
}

/** Others than administrators are refused by the handler: that their role forbids it comes first. */
function isAdministrative({ user, body }: FastifyRequest): boolean {
  const { access_role, disabled } = body as UserUpdate
  return user.access_role === 'admin' && (access_role !== undefined || disabled !== undefined)
}

type Connection = Parameters<typeof lockAdministrators>[0]

async function keepLastAdministrator(tx: Connection, user: Row): Promise<void> {
  if (user.access_role !== 'admin' || user.disabled || !user.email_verified) return
  if ((await lockAdministrators(tx)) <= 1) throw errors.lastAdministrator()
}

function eventsOf(before: Row, { access_role, disabled }: UserUpdate): AuditEventKind[] {
  const kinds: AuditEventKind[] = []
  if (access_role !== undefined && access_role !== before.access_role) kinds.push('role-changed')
  if (disabled === true && !before.disabled) kinds.push('disabled')
  if (disabled === false && before.disabled) kinds.push('enabled')
  return kinds
}

export default routes
