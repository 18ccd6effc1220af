import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PasskeyOptionsRequest } from '#schemas/passkeys.ts'
import { ref } from '#schemas/ref.ts'
import { PasskeyCreationOptions } from '#schemas/webauthn.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: {
        beforeMfa: true,
        authLimit: true,
        stepUp: 'request',
        optionalBody: true,
        errors: ['tooManyPasskeys'],
      },
      schema: {
        operationId: 'getPasskeyCreationOptions',
        tags: ['second factors'],
        summary: 'Get passkey registration options',
        description:
          'Returns the options for `navigator.credentials.create`, in the form that ' +
          '`PublicKeyCredential.parseCreationOptionsFromJSON` takes. Send the resulting credential to `POST ' +
          '/users/v1/mfa/passkeys` in the same session.',
        body: ref(PasskeyOptionsRequest),
        response: { 200: ref(PasskeyCreationOptions, 'The options.') },
      },
    },
    async ({ user, client, stepUp }) => app.secondFactors.passkeys.creationOptions(user, client, stepUp),
  )
}

export default routes
