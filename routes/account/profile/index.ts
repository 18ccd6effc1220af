import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ProfileForm } from '#schemas/profile-form.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: '/account/profile', topic: 'account/profile', order: 10 })

  app.get('', async (_request, reply) => reply.page('account/profile/form'))

  app.post(
    '',
    {
      config: { errorPage: () => ({ name: 'account/profile/form' }) },
      schema: { body: ProfileForm },
    },
    async (request, reply) => {
      const { body, user, client } = request
      const update = {
        first_name: body.first_name || null,
        last_name: body.last_name || null,
        phone_number: body.phone_number || null,
        address: body.address || null,
        national_id: body.national_id || null,
      }
      await app.userChanges.update(user.user_id, update, user, client)
      return reply.redirect(app.pages.urlOf(request, '/account/profile', { done: 'saved' }), 303)
    },
  )
}

export default routes
