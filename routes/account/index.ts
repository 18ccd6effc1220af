import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { LanguageForm } from '#schemas/account-pages.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: '/account', topic: 'account/overview', order: 0 })

  const { available, choose, nameOf } = app.languages

  function overview({ account }: FastifyRequest) {
    const locale = account?.locale
    // `de-AT` is German here.
    const chosen = locale ? choose(locale) : undefined
    const choices = available.map(tag => ({ tag, name: nameOf(tag), chosen: tag === chosen }))
    return { name: 'account/overview/summary', data: { choices } }
  }

  app.get('', async (request, reply) => reply.page({ ...overview(request), live: { channels: ['person'] } }))

  app.post(
    '/language',
    { config: { errorPage: (_code, request) => overview(request) }, schema: { body: LanguageForm } },
    async (request, reply) => {
      const { user, client, body } = request
      await app.userChanges.update(user.user_id, { locale: body.locale || null }, user, client)
      // The choice applies by itself, unless the address still names another one.
      return reply.redirect(app.pages.urlOf(request, '/account', { done: 'language', lang: undefined }), 303)
    },
  )
}

export default routes
