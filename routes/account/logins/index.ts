import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { ProviderFormParams } from '#schemas/account-pages.ts'
import { errors } from '#schemas/errors.ts'
import { PageQuery } from '#schemas/hosted-pages.ts'
import { LoginMethodParams } from '#schemas/login-methods.ts'

const PATH = '/account/logins'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { linkedLogins, pages, social } = app
  app.console.section({ path: PATH, topic: 'account/logins', order: 40 })

  async function methodsOf({ user: { user_id } }: FastifyRequest) {
    const only = await linkedLogins.onlyOneOf(user_id)
    const methods = await linkedLogins.list(user_id)
    return methods.map(method => ({ ...method, label: social.nameOf(method.provider), isOnly: method.id === only }))
  }

  async function list(request: FastifyRequest) {
    const linked = await linkedLogins.providersOf(request.user.user_id)
    const providers = social.providers.filter(({ key }) => !linked.includes(key))
    return { name: 'account/logins/list', data: { methods: await methodsOf(request), providers, here: { path: PATH } } }
  }

  async function removal(request: FastifyRequest) {
    const { login_method_id } = request.params as { login_method_id: string }
    const method = (await methodsOf(request)).find(({ id }) => id === login_method_id)
    return method && { name: 'account/logins/remove', data: { method } }
  }

  app.get('', async (request, reply) => reply.page({ ...(await list(request)), live: { channels: ['login_method'] } }))

  app.post(
    '/link/:provider',
    {
      config: { authLimit: true, stepUp: 'session', errorPage: (_code, request) => list(request) },
      schema: { querystring: PageQuery, params: ProviderFormParams },
    },
    async (request, reply) => {
      const { provider } = request.params
      const { href: away } = await social.browserFlow.begin(request, reply, {
        provider,
        purpose: 'link',
        redirectTo: pages.urlOf(request, PATH),
        done: 'linked',
        language: request.query.lang,
        sid: request.user.sid,
      })
      return reply.page('away', { away, name: social.nameOf(provider) })
    },
  )

  app.get(
    '/:login_method_id/remove',
    { config: { stepUp: 'session' }, schema: { params: LoginMethodParams } },
    async (request, reply) => {
      const found = await removal(request)
      if (!found) throw errors.loginMethodNotFound()
      return reply.page(found)
    },
  )

  app.post(
    '/:login_method_id/remove',
    {
      config: { authLimit: true, stepUp: 'session', errorPage: (_code, request) => removal(request) },
      schema: { params: LoginMethodParams },
    },
    async (request, reply) => {
      const { params, user, client, stepUp } = request
      await linkedLogins.remove(params.login_method_id, user, client, stepUp)
      const done = params.login_method_id === 'password' ? 'password-removed' : 'removed'
      return reply.redirect(pages.urlOf(request, PATH, { done }), 303)
    },
  )
}

export default routes
