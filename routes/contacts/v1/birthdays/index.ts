import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Birthdays, BirthdaysQuery } from '#schemas/contacts.ts'
import { ref } from '#schemas/ref.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { scopes: ['contacts:read'] },
      schema: {
        operationId: 'listBirthdays',
        tags: ['contacts'],
        summary: 'List birthdays',
        description:
          'Returns the contacts that have their birthday today or within the given number of days, the next ones first.',
        querystring: BirthdaysQuery,
        response: { 200: ref(Birthdays, 'A page of birthdays.') },
      },
    },
    async ({ user, query }) => app.contacts.birthdays(user.user_id, query),
  )
}

export default routes
