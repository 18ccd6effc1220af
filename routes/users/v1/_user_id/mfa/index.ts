import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Ok } from '#schemas/common.ts'
import { errors } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { SecondFactors } from '#schemas/second-factors.ts'
import { UserParams } from '#schemas/users.ts'
import { findUser } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'getSecondFactors',
        tags: ['second factors'],
        summary: 'Get the second factors of a user',
        description: "Users can read their own second factors; administrators can read everyone's.",
        params: UserParams,
        response: { 200: ref(SecondFactors, 'The second factors.') },
      },
    },
    async request => {
      const { user_id } = request.params
      if (!(await findUser(app.db, user_id))) throw errors.notFound()
      return app.secondFactors.list(user_id)
    },
  )

  app.delete(
    '',
    {
      config: { access: 'admin', stepUp: 'session', errors: ['notFound'] },
      schema: {
        operationId: 'removeSecondFactors',
        tags: ['second factors'],
        summary: 'Remove the second factors of a user',
        description:
          'Lets a user who has lost every second factor log in with the password alone again. Verify the identity of the ' +
          'user first. All sessions of the user end, and a notice is sent by email. Administrators cannot do this for ' +
          'themselves, so that a stolen token is not enough.',
        params: UserParams,
        response: { 200: ref(Ok, 'The second factors are removed.') },
      },
    },
    async request => {
      const { user_id } = request.params
      await app.secondFactors.remove(user_id, request.user, request.client, request.stepUp)
      return { status: 'ok' as const }
    },
  )
}

export default routes
