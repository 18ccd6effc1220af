import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { DeletedUser, DeleteUserRequest, USER_PATH, User, UserParams, UserUpdate } from '#schemas/users.ts'
import { type AuditEventKind, addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { deleteUser, findUser, lockAdministrators, lockUser, type User as Row, updateUser } from '#sql/users.ts'

/** What PUT puts in the place of what it is not told. */
const EMPTY_PROFILE = { first_name: null, last_name: null, phone_number: null, address: null, national_id: null }

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { errors: ['forbidden', 'notFound'] },
      schema: {
        operationId: 'getUser',
        tags: ['users'],
        summary: 'A user: oneself, or for an administrator anybody',
        params: UserParams,
        response: { 200: ref(User, 'The user') },
      },
    },
    async request => {
      const { user_id } = request.params
      allow(request, user_id)
      return app.users.get(user_id).catch(notFound)
    },
  )

  const changed = {
    tags: ['users'],
    params: UserParams,
    body: ref(UserUpdate),
    response: { 200: ref(User, 'The user as it is now') },
  }

  app.patch(
    '',
    {
      config: { errors: ['forbidden', 'notFound', 'lastAdministrator'] },
      schema: {
        ...changed,
        operationId: 'changeUser',
        summary: 'Changes what is named of a user; null clears a field',
      },
    },
    async request => change(request, request.params.user_id, request.body),
  )

  app.put(
    '',
    {
      config: { errors: ['forbidden', 'notFound', 'lastAdministrator'] },
      schema: {
        ...changed,
        operationId: 'replaceUser',
        summary: "Replaces a user's profile; what is not named is cleared",
      },
    },
    async request => change(request, request.params.user_id, { ...EMPTY_PROFILE, ...request.body }),
  )

  app.delete(
    '',
    {
      config: { errors: ['forbidden', 'passwordWrong', 'notFound', 'lastAdministrator', 'tooManyAttempts'] },
      // Whoever deletes somebody else has no need of a body.
      preValidation(request, _reply, done) {
        request.body ??= {}
        done()
      },
      schema: {
        operationId: 'deleteUser',
        tags: ['users'],
        summary: 'Deletes an account and all that hangs on it',
        description: 'Oneself with the password; an administrator may delete others.',
        params: UserParams,
        body: ref(DeleteUserRequest),
        response: { 200: ref(DeletedUser, 'The account is gone') },
      },
    },
    async request => {
      const { user_id: id } = request.params
      allow(request, id)
      if (id === request.user.user_id) await app.credentials.confirm(id, request.body.password ?? '', request.client)
      const announce = await transaction(app.db, async tx => {
        const user = await lock(tx, id)
        await spareLastAdministrator(tx, user)
        const ended = await app.sessions.endAll(tx, id, { client: request.client })
        await deleteUser(tx, id)
        return ended
      })
      await Promise.all([announce(), app.users.forget(id)])
      return { id }
    },
  )

  /** A change of role, or a disabling, ends the user's sessions: tokens out there say what is no longer so. */
  async function change(request: FastifyRequest, id: string, { disabled, ...update }: UserUpdate): Promise<User> {
    allow(request, id)
    const administrating = disabled !== undefined || update.access_role !== undefined
    if (administrating && request.user.access_role !== 'admin') throw errors.forbidden()
    const { client } = request
    const device = { ip: client.ip, user_agent: client.userAgent }

    const announce = await transaction(app.db, async tx => {
      const before = await lock(tx, id)
      const kinds = eventsOf(before, { ...update, ...(disabled !== undefined && { disabled }) })
      const loses = disabled === true || update.access_role === 'basic'
      if (loses) await spareLastAdministrator(tx, before)
      await updateUser(tx, id, { ...update, ...(disabled !== undefined && { disabled: disabled ? 1 : 0 }) })
      for (const kind of kinds) await addAuditEvent(tx, { kind, user_id: id, session_id: null, ...device })
      return kinds.length > 0 ? app.sessions.endAll(tx, id, { client }) : async () => {}
    })
    await Promise.all([announce(), app.users.forget(id)])
    return app.users.get(id)
  }

  /** Oneself, or for an administrator anybody. */
  function allow({ user }: FastifyRequest, id: string): void {
    if (user.user_id !== id && user.access_role !== 'admin') throw errors.forbidden()
  }
}

type Connection = Parameters<typeof lockAdministrators>[0]

/** The row as it is, and stays until the transaction ends. */
async function lock(tx: Connection, id: string): Promise<Row> {
  await lockUser(tx, id)
  const user = await findUser(tx, id)
  if (!user) throw errors.notFound()
  return user
}

async function spareLastAdministrator(tx: Connection, user: Row): Promise<void> {
  if (user.access_role !== 'admin' || user.disabled) return
  if ((await lockAdministrators(tx)) <= 1) throw errors.lastAdministrator()
}

function eventsOf(before: Row, { access_role, disabled }: UserUpdate): AuditEventKind[] {
  const kinds: AuditEventKind[] = []
  if (access_role !== undefined && access_role !== before.access_role) kinds.push('role-changed')
  if (disabled === true && !before.disabled) kinds.push('disabled')
  if (disabled === false && before.disabled) kinds.push('enabled')
  return kinds
}

function notFound(error: unknown): never {
  throw error instanceof Error && 'code' in error && error.code === errors.userNotFound.code ? errors.notFound() : error
}

/** The folder's own prefix, with the form of an id. */
export const prefixOverride = USER_PATH

export default routes
