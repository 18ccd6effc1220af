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
        summary: 'What a browser needs to make a passkey',
        description:
          'The password is asked for again: a stolen token must not be enough to add a way in. ' +
          'Give the answer to `PublicKeyCredential.parseCreationOptionsFromJSON`, that to `navigator.credentials.create`, and send what it makes to `POST /users/v1/mfa/passkeys` in the same session.',
        body: ref(PasskeyOptionsRequest),
        response: { 200: ref(PasskeyCreationOptions, 'The options') },
      },
    },
    async request => {
      const user = await app.credentials.reauthenticate(request.user.user_id, request.body.password, request.client)
      return app.passkeys.creationOptions(user, request.user.sid)
    },
  )
}

export default routes
