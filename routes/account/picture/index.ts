import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AvatarPageBody } from '#schemas/avatars.ts'
import { errors } from '#schemas/errors.ts'

const PAGE = '/account/picture'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { avatars, config, limits, pages } = app
  const maxBytes = config.AVATAR_MAX_BYTES
  const form = { name: 'account/picture/form', data: { script: 'picture.js', maxBytes } }
  app.console.section({ path: PAGE, topic: 'account/picture', order: 11 })
  app.uploads.accept(app, { field: 'avatar', types: [], maxBytes, tooLarge: errors.avatarTooLarge })

  app.get('', async (_request, reply) => reply.page(form))

  app.post(
    '',
    {
      config: { errorPage: () => form },
      onRequest: [limits.perUser('AVATAR_RATE_LIMIT_MAX'), async () => avatars.assertCapacity()],
      schema: { body: AvatarPageBody },
    },
    async (request, reply) => {
      const { upload, user, client } = request
      await avatars.set(user.user_id, upload, user, client)
      return reply.redirect(pages.urlOf(request, PAGE, { done: 'saved' }), 303)
    },
  )

  app.post('/removal', { config: { errorPage: () => form } }, async (request, reply) => {
    const { user, client } = request
    await avatars.remove(user.user_id, user, client)
    return reply.redirect(pages.urlOf(request, PAGE, { done: 'removed' }), 303)
  })
}

export default routes
