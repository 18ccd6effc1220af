import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PasskeyRegistration, Passkeys, RegisteredPasskey } from '#schemas/passkeys.ts'
import { ref } from '#schemas/ref.ts'
import { listPasskeys } from '#sql/passkeys.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      schema: {
        operationId: 'listPasskeys',
        tags: ['second factors'],
        summary: 'List passkeys',
        description: "Returns the caller's passkeys, oldest first.",
        response: { 200: ref(Passkeys, 'The passkeys.') },
      },
    },
    async ({ user }) => ({ results: (await listPasskeys(app.db, user.user_id)).map(app.passkeys.serialize) }),
  )

  app.post(
    '',
    {
      config: {
        beforeMfa: true,
        authLimit: true,
        errors: ['passkeyInvalid', 'userNotFound', 'tooManyPasskeys'],
      },
      schema: {
        operationId: 'registerPasskey',
        tags: ['second factors'],
        summary: 'Register a passkey',
        description:
          'Registers the credential that `navigator.credentials.create` returned. From now on the passkey logs the user in ' +
          'by itself, and the password alone no longer does. If the passkey is the first second factor of the account, the ' +
          'response contains ten recovery codes. All other sessions of the user end, and a notice is sent by email.',
        body: ref(PasskeyRegistration),
        response: { 200: ref(RegisteredPasskey, 'The registered passkey.') },
      },
    },
    async (request, reply) => {
      const registered = await app.secondFactors.passkeys.register(request.user, request.client, request.body)
      await app.sessionCookie.renew(request, reply)
      return registered
    },
  )
}

export default routes
