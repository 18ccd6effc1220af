import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { RecoveryCodes, RecoveryCodesLeft, RecoveryCodesRequest } from '#schemas/recovery-codes.ts'
import { ref } from '#schemas/ref.ts'
import { countRecoveryCodes } from '#sql/recovery-codes.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      schema: {
        operationId: 'countRecoveryCodes',
        tags: ['second factors'],
        summary: 'Count recovery codes',
        description: 'Returns how many recovery codes have not been used yet.',
        response: { 200: ref(RecoveryCodesLeft, 'The number of unused recovery codes.') },
      },
    },
    async ({ user }) => ({ left: await countRecoveryCodes(app.db, user.user_id) }),
  )

  app.post(
    '',
    {
      config: {
        authLimit: true,
        stepUp: 'request',
        optionalBody: true,
        errors: ['notFound'],
      },
      schema: {
        operationId: 'renewRecoveryCodes',
        tags: ['second factors'],
        summary: 'Regenerate recovery codes',
        description:
          'Generates ten new recovery codes and invalidates the previous ones. All other sessions of the user end, and a ' +
          'notice is sent by email.',
        body: ref(RecoveryCodesRequest),
        response: { 200: ref(RecoveryCodes, 'The new recovery codes.') },
      },
    },
    async ({ user, client, stepUp }) => ({
      recovery_codes: await app.secondFactors.renewRecoveryCodes(user, client, stepUp),
    }),
  )
}

export default routes
