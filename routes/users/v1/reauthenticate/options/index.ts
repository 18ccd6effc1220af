import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { PasskeyRequestOptions } from '#schemas/webauthn.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '',
    {
      config: { beforeMfa: true },
      schema: {
        operationId: 'getReauthenticationOptions',
        tags: ['users'],
        summary: 'Get passkey reauthentication options',
        description:
          'Returns the options for `navigator.credentials.get`, in the form that ' +
          '`PublicKeyCredential.parseRequestOptionsFromJSON` takes. Send the resulting credential to `POST ' +
          '/users/v1/reauthenticate` in the same session.',
        response: { 200: ref(PasskeyRequestOptions, 'The options.') },
      },
    },
    async request => app.passkeys.reauthenticationOptions(request.user),
  )
}

export default routes
