import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { PasskeyRequestOptions } from '#schemas/webauthn.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getPasskeyRequestOptions',
        tags: ['users'],
        summary: 'What a browser needs to use a passkey',
        description:
          'Give the answer to `PublicKeyCredential.parseRequestOptionsFromJSON`, that to `navigator.credentials.get`, and send what it answers to `POST /users/v1/login/passkey`.',
        response: { 200: ref(PasskeyRequestOptions, 'The options') },
      },
    },
    async () => app.passkeys.requestOptions(),
  )
}

export default routes
