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
        errors: ['passwordWrong', 'userNotFound', 'tooManyPasskeys', 'tooManyAttempts'],
      },
      schema: {
        operationId: 'getPasskeyCreationOptions',
        tags: ['second factors'],
        summary: 'Get passkey registration options',
        description:
          'Returns the options for `navigator.credentials.create`, in the form that ' +
          '`PublicKeyCredential.parseCreationOptionsFromJSON` takes. Send the resulting credential to `POST ' +
          '/users/v1/mfa/passkeys` in the same session. Requires the password, so that a stolen token is not enough to add ' +
          'a way to log in.',
        body: ref(PasskeyOptionsRequest),
        response: { 200: ref(PasskeyCreationOptions, 'The options.') },
      },
    },
    async request => {
      const user = await app.credentials.reauthenticate(request.user.user_id, request.body.password, request.client)
      return app.passkeys.creationOptions(user, request.user.sid)
    },
  )
}

export default routes
