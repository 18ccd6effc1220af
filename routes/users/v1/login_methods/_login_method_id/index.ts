import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { LoginMethodParams, LoginMethodRemovalRequest } from '#schemas/login-methods.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  if (!app.linkedLogins.enabled) return

  app.delete(
    '',
    {
      config: {
        authLimit: true,
        stepUp: 'request',
        optionalBody: true,
        errors: ['loginMethodNotFound', 'lastLoginMethod'],
      },
      schema: {
        operationId: 'removeLoginMethod',
        tags: ['users'],
        summary: 'Remove a way to log in',
        description:
          "Removes the caller's password, a passkey, or a linked provider. The last one that can be used stays. All other " +
          'sessions of the user end, logins that wait for the second factor are dropped, and a notice is sent by email.',
        params: LoginMethodParams,
        body: ref(LoginMethodRemovalRequest),
        response: { 200: ref(Ok, 'The method is removed.') },
      },
    },
    async request => {
      const { user, client, stepUp } = request
      await app.linkedLogins.remove(request.params.login_method_id, user, client, stepUp)
      return { status: 'ok' as const }
    },
  )
}

export default routes
