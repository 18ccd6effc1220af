import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { Passkey, PasskeyParams, PasskeyRemovalRequest, PasskeyUpdate } from '#schemas/passkeys.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.patch(
    '',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'renamePasskey',
        tags: ['second factors'],
        summary: 'Rename a passkey',
        description: "Changes the name of one of the caller's passkeys. `null` removes the name.",
        params: PasskeyParams,
        body: ref(PasskeyUpdate),
        response: { 200: ref(Passkey, 'The updated passkey.') },
      },
    },
    ({ params, body, user, client }) =>
      app.secondFactors.passkeys.rename(user, client, { id: params.passkey_id, name: body.name }),
  )

  app.delete(
    '',
    {
      config: {
        authLimit: true,
        stepUp: 'request',
        optionalBody: true,
        errors: ['notFound', 'lastLoginMethod'],
      },
      schema: {
        operationId: 'removePasskey',
        tags: ['second factors'],
        summary: 'Remove a passkey',
        description:
          "Removes one of the caller's passkeys. All other sessions of the user end, and a notice is sent by email. " +
          'If the passkey is the last second factor, the recovery codes are deleted too.',
        params: PasskeyParams,
        body: ref(PasskeyRemovalRequest),
        response: { 200: ref(Ok, 'The passkey is removed.') },
      },
    },
    async ({ user, client, stepUp, params }) => {
      await app.linkedLogins.removePasskey(params.passkey_id, user, client, stepUp)
      return { status: 'ok' as const }
    },
  )
}

export default routes
