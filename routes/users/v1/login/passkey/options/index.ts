import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { PasskeyRequestOptions } from '#schemas/webauthn.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      // The sign-in page asks for them whenever it is opened.
      config: { access: 'public', authLimit: 'page-opening' },
      schema: {
        operationId: 'getPasskeyRequestOptions',
        tags: ['users'],
        summary: 'Get passkey login options',
        description:
          'Returns the options for `navigator.credentials.get`, in the form that ' +
          '`PublicKeyCredential.parseRequestOptionsFromJSON` takes. Send the resulting credential to `POST ' +
          '/users/v1/login/passkey` or `POST /sessions/v1/passkey`.',
        response: { 200: ref(PasskeyRequestOptions, 'The options.') },
      },
    },
    async () => app.passkeys.requestOptions(),
  )
}

export default routes
