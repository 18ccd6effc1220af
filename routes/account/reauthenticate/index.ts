import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { ProviderFormParams, ReauthenticateForm, ReauthenticateQuery } from '#schemas/account-pages.ts'
import { errors } from '#schemas/errors.ts'
import { mfaMethods } from '#sql/second-factors.ts'
import { findUser, NO_PASSWORD, type User } from '#sql/users.ts'

const schema = { querystring: ReauthenticateQuery }

/** Where sensitive changes send people who have not authenticated lately, and send them back from. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { config, db, pages } = app

  app.get('', { config: { beforeMfa: true }, schema }, async (request, reply) => reply.page(await form(request)))

  app.post(
    '',
    {
      config: { beforeMfa: true, authLimit: true, errorPage: (_code, request) => form(request) },
      schema: { ...schema, body: ReauthenticateForm },
    },
    async (request, reply) => {
      const session = await app.reauthenticate(request.user, request.body, request.client)
      app.sessionCookie.set(reply, session, request.user)
      return reply.redirect(nextOf(request), 303)
    },
  )

  app.post(
    '/provider/:provider',
    {
      config: { beforeMfa: true, authLimit: true, errorPage: (_code, request) => form(request) },
      schema: { ...schema, params: ProviderFormParams },
    },
    async (request, reply) => {
      const { provider } = request.params
      const start = { provider, purpose: 'reauthenticate', redirectTo: nextOf(request), sid: request.user.sid } as const
      const { href: away } = await app.social.browserFlow.begin(request, reply, start)
      return reply.page('away', { away, name: app.social.nameOf(provider) })
    },
  )

  async function form(request: FastifyRequest) {
    const user = await findUser(db, request.user.user_id)
    if (!user) throw errors.userNotFound()
    const methods = user.mfa_enabled ? await mfaMethods(db, user.id) : []
    return {
      name: 'account/reauthenticate/form',
      data: {
        script: 'passkeys.js',
        here: { path: '/account/reauthenticate' },
        next: nextOf(request),
        cancel: consoleOf(request),
        hasPassword: user.password_hash !== NO_PASSWORD,
        methods,
        // A provider is one factor.
        providers: await linkedProviders(user.id),
        providersAlone: !user.mfa_enabled,
      },
    }
  }

  async function linkedProviders(userId: User['id']) {
    const linked = await app.linkedLogins.providersOf(userId)
    return app.social.providers.filter(({ key }) => linked.includes(key))
  }

  /** The root of the console that it leads back to. */
  function consoleOf(request: FastifyRequest): string {
    const [next, admin] = [nextOf(request), pages.urlOf(request, '/admin')].map(url => new URL(url, config.PUBLIC_URL))
    const isAdmin = next?.origin === admin?.origin && `${next?.pathname}/`.startsWith(`${admin?.pathname}/`)
    return isAdmin ? '/admin' : '/account'
  }

  function nextOf(request: FastifyRequest): string {
    const { redirect_to } = request.query as { redirect_to?: string }
    return pages.redirectTarget(redirect_to) ?? pages.urlOf(request, '/account')
  }
}

export default routes
