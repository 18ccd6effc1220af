import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { LanguageForm } from '#schemas/account-pages.ts'
import { PageQuery } from '#schemas/hosted-pages.ts'

const page = { hide: true, querystring: PageQuery }

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: '/account', topic: 'account/overview', order: 0 })

  const overview = async () => ({
    name: 'account/overview/summary',
    data: { choices: app.languages.available.map(tag => ({ tag, name: app.languages.nameOf(tag) })) },
  })

  app.get('', { schema: page }, async (_request, reply) => {
    const { name, data } = await overview()
    return reply.page(name, data)
  })

  app.post(
    '/language',
    { config: { errorPage: overview }, schema: { ...page, body: LanguageForm } },
    async (request, reply) => {
      const { user, client, body } = request
      await app.userChanges.update(user.user_id, { locale: body.locale || null }, user, client)
      return reply.redirect(
        app.pages.urlOf(request, '/account', { done: 'language', lang: body.locale || undefined }),
        303,
      )
    },
  )
}

export default routes
