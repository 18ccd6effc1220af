import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { toNotFound } from '#schemas/errors.ts'
import { PersonalData } from '#schemas/personal-data.ts'
import { ref } from '#schemas/ref.ts'
import { UserParams } from '#schemas/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { authLimit: true, errors: ['notFound', 'crossSite'] },
      // A HEAD would collect everything for nothing.
      exposeHeadRoute: false,
      schema: {
        operationId: 'exportUser',
        tags: ['users'],
        summary: "Export a user's data",
        description:
          'Returns everything that is held about the account (GDPR, articles 15 and 20), without passwords and other ' +
          'secrets. Users can export their own data; administrators can export everyone’s. The export is recorded in the ' +
          'security history. Lists have at most 1,000 entries, the newest; `GET /users/v1/{user_id}/events` has the whole history, by pages.',
        params: UserParams,
        response: { 200: ref(PersonalData, 'The data.') },
      },
    },
    async ({ params, user: caller, client }, reply) => {
      const { user_id } = params
      const data = await app.personalData.export(user_id, caller, client).catch(toNotFound)
      reply.header('content-disposition', `attachment; filename="account-${user_id}.json"`)
      return data
    },
  )
}

export default routes
