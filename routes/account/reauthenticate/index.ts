import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Static } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { ProviderFormParams, ReauthenticateForm, ReauthenticateQuery } from '#schemas/account-pages.ts'
import { errors } from '#schemas/errors.ts'

const schema = { querystring: ReauthenticateQuery }

/** Where sensitive changes send people who have not authenticated lately, and send them back from. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { config, linkedLogins, pages, social } = app

  app.get('', { config: { beforeMfa: true }, schema }, async (request, reply) => reply.page(await form(request)))

  app.post(
    '',
    {
      config: { beforeMfa: true, authLimit: true, errorPage: (_code, request) => form(request) },
      schema: { ...schema, body: ReauthenticateForm },
    },
    async (request, reply) => {
      const proof = { ...request.body, ...federated(request) }
      const session = await app.reauthenticate(request.user, proof, request.client)
      app.sessionCookie.set(reply, session, request.user)
      social.proofCookie.clear(reply)
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
      const { href: away } = await social.browserFlow.begin(request, reply, {
        provider,
        purpose: 'reauthenticate',
        redirectTo: nextOf(request),
        language: request.query.lang,
        sid: request.user.sid,
      })
      return reply.page('away', { away, name: social.nameOf(provider) })
    },
  )

  /** What the provider confirmed before the second factor was asked for. @throws socialStateInvalid */
  function federated(request: FastifyRequest) {
    const { provider } = queryOf(request)
    if (provider === undefined) return {}
    const proved = social.proofCookie.read(request, provider)
    if (!proved) throw errors.socialStateInvalid()
    return { federated: linkedLogins.confirms(request.user.user_id, proved.identity, proved.useUp) }
  }

  async function form(request: FastifyRequest) {
    const { provider } = queryOf(request)
    return {
      name: 'account/reauthenticate/form',
      data: {
        script: 'passkeys.js',
        here: { path: '/account/reauthenticate' },
        next: nextOf(request),
        cancel: consoleOf(request),
        ways: await app.waysToReauthenticate(request.user.user_id),
        provedAt: provider && social.proofCookie.read(request, provider) && social.nameOf(provider),
      },
    }
  }

  /** The root of the console that it leads back to. */
  function consoleOf(request: FastifyRequest): string {
    const [next, admin] = [nextOf(request), pages.urlOf(request, '/admin')].map(url => new URL(url, config.PUBLIC_URL))
    const isAdmin = next?.origin === admin?.origin && `${next?.pathname}/`.startsWith(`${admin?.pathname}/`)
    return isAdmin ? '/admin' : '/account'
  }

  function nextOf(request: FastifyRequest): string {
    return pages.redirectTarget(queryOf(request).redirect_to) ?? pages.urlOf(request, '/account')
  }
}

const queryOf = ({ query }: FastifyRequest) => query as Static<typeof ReauthenticateQuery>

export default routes
