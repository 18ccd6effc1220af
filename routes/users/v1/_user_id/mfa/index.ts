import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { UserParams } from '#schemas/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.delete(
    '',
    {
      config: { access: 'admin', errors: ['notFound'] },
      schema: {
        operationId: 'removeSecondFactors',
        tags: ['second factors'],
        summary: 'Helps a user who has lost every second factor: the password alone opens the account again',
        description:
          'Make sure who asks first. All their sessions end, and a notice is mailed. Nobody does it for themselves: a stolen token must not be enough.',
        params: UserParams,
        response: { 200: ref(Ok, 'They are gone') },
      },
    },
    async request => {
      const { user_id } = request.params
      if (user_id === request.user.user_id) throw errors.forbidden()
      await app.secondFactors.remove(user_id, request.client)
      return { status: 'ok' as const }
    },
  )
}

export default routes
