import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Ok } from '../../../../../../schemas/common.ts'
import { errors } from '../../../../../../schemas/errors.ts'
import { Passkey, PasskeyChange, PasskeyParams, PasskeyRemoval } from '../../../../../../schemas/passkeys.ts'
import { ref } from '../../../../../../schemas/ref.ts'
import { addEvent } from '../../../../../../sql/events.ts'
import { lockUser } from '../../../../../../sql/one-time-tokens.ts'
import { addMail } from '../../../../../../sql/outbox.ts'
import { deletePasskey, renamePasskey } from '../../../../../../sql/passkeys.ts'
import { updateMfaEnabled } from '../../../../../../sql/second-factors.ts'
import { transaction } from '../../../../../../sql/transaction.ts'
import type { User } from '../../../../../../sql/users.ts'

const ID = /^[0-9a-f-]{36}$/

const routes: FastifyPluginAsyncTypebox = async app => {
  app.patch(
    '',
    {
      config: { errors: ['notFound', 'crossSite'] },
      schema: {
        operationId: 'renamePasskey',
        tags: ['users'],
        summary: "Names one of the caller's passkeys",
        params: PasskeyParams,
        body: ref(PasskeyChange),
        response: { 200: ref(Passkey, 'The passkey as it is now') },
      },
    },
    async request => {
      const id = idIn(request.params)
      const { user_id } = request.user
      const passkey = await renamePasskey(app.db, { id, user_id, name: request.body.name })
      if (!passkey) throw errors.notFound()
      return app.passkeys.shown(passkey)
    },
  )

  app.delete(
    '',
    {
      config: {
        rateLimit: app.limits.auth,
        errors: ['notFound', 'passwordWrong', 'userNotFound', 'crossSite', 'tooManyAttempts'],
      },
      schema: {
        operationId: 'removePasskey',
        tags: ['users'],
        summary: "Removes one of the caller's passkeys",
        description:
          'With the last second factor the recovery codes go. All other sessions end, and a notice is mailed.',
        params: PasskeyParams,
        body: ref(PasskeyRemoval),
        response: { 200: ref(Ok, 'It opens nothing any more') },
      },
    },
    async request => {
      const id = idIn(request.params)
      const user = await app.credentials.confirm(request.user.user_id, request.body.password, request)
      const announce = await remove(request, user, id)
      await Promise.all([announce(), app.users.forget(user.id)])
      app.mailer.wake()
      return { status: 'ok' as const }
    },
  )

  /** All of it is done, or nothing. */
  async function remove(request: FastifyRequest, { id: user_id, email }: User, id: string) {
    const { sid: session_id } = request.user
    const device = app.device(request)
    return transaction(app.db, async tx => {
      await lockUser(tx, user_id)
      if (!(await deletePasskey(tx, user_id, id))) throw errors.notFound()
      await updateMfaEnabled(tx, user_id)
      const announce = await app.sessions.endAll(tx, user_id, { device, except: session_id })
      await addEvent(tx, { kind: 'passkey-removed', user_id, session_id, ...device })
      await addMail(tx, { template: 'passkey-removed', user_id, recipient: email })
      return announce
    })
  }
}

/** MySQL compares no other characters with those of an id. */
function idIn({ passkey_id }: { passkey_id: string }): string {
  if (!ID.test(passkey_id)) throw errors.notFound()
  return passkey_id
}

export default routes
