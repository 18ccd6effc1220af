import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ConsentForm, InteractionParams } from '#schemas/oauth-pages.ts'
import { findUser } from '#sql/users.ts'

/** The pages for the OpenID provider's interactions, each at its own URL. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages } = app
  const errorPage = (code: string) => (code === 'not-found' ? { name: 'oauth2/failed' } : undefined)

  app.get(
    '/:uid',
    { config: { access: 'public', errorPage }, schema: { params: InteractionParams } },
    async (request, reply) => {
      const interactions = await app.openidProvider.interactions()
      const interaction = await interactions.read(request, reply)
      const visitor = await app.access.visitor(request, reply)
      if (!visitor) return signIn(request, reply)
      if (interaction.isOtherUser(visitor)) return reply.redirect(pages.urlOf(request, interaction.restartUrl), 303)
      const user = await findUser(app.db, visitor.user_id)
      const [path, host] = [pathOf(interaction), hostOf(interaction.next)]
      const about = { ...interaction, user, path, host, resourceOf: app.resourceOf }
      if (interaction.kind === 'login' && !wantsAnother(interaction.reasons)) {
        const lacksFactor = interaction.lacksSecondFactor(visitor)
        if (lacksFactor && !user?.mfa_enabled) return reply.page('oauth2/second-factor', about)
        if (lacksFactor || (asksAgain(interaction.reasons) && (visitor.auth_time ?? 0) * 1000 < interaction.since))
          return authenticateAgain(request, reply)
        // Browsers apply the `form-action` of the login page to redirects, too, and it does not include the application.
        const away = await interactions.signedIn(request, reply, visitor)
        return reply.page('away', { away, name: interaction.client.name })
      }
      return reply.page(interaction.kind === 'consent' ? 'oauth2/consent' : 'oauth2/choose', about)
    },
  )

  app.post(
    '/:uid',
    {
      config: { access: 'user', errorPage },
      schema: { params: InteractionParams, body: ConsentForm },
    },
    async (request, reply) => {
      const interactions = await app.openidProvider.interactions()
      const interaction = await interactions.read(request, reply)
      if (request.body.answer === 'deny') return reply.redirect(await interactions.refuse(request, reply), 303)
      if (request.body.answer === 'other') {
        await app.sessions.end(request.user.user_id, request.user.sid, request.client)
        app.sessionCookie.clear(reply)
        return signIn(request, reply)
      }
      if (interaction.isOtherUser(request.user))
        return reply.redirect(pages.urlOf(request, interaction.restartUrl), 303)
      // Consent does not answer a login prompt: the application gets `login_required`.
      if (interaction.kind === 'login') return reply.redirect(await interactions.keepAccount(request, reply), 303)
      if (interaction.kind === 'select_account') return reply.redirect(await interactions.chosen(request, reply), 303)
      return reply.redirect(await interactions.allow(request, reply, request.user), 303)
    },
  )

  function signIn(request: FastifyRequest, reply: FastifyReply) {
    return reply.redirect(pages.urlOf(request, '/signin', { redirect_to: pages.here(request) }), 303)
  }

  function authenticateAgain(request: FastifyRequest, reply: FastifyReply) {
    return reply.redirect(pages.urlOf(request, '/account/reauthenticate', { redirect_to: pages.here(request) }), 303)
  }

  const pathOf = ({ uid }: { uid: string }) => `/oauth2/interaction/${uid}`

  /** The application named a user, and another one is signed in. */
  const wantsAnother = (reasons: string[]) =>
    ['id_token_hint', 'claims_id_token_sub_value'].some(reason => reasons.includes(reason)) &&
    !reasons.includes('no_session')

  const asksAgain = (reasons: string[]) => reasons.includes('login_prompt') || reasons.includes('max_age')
}

/** The host, or the custom scheme, of the redirect URI; undefined in the device flow, which has none. */
function hostOf(url: string): string | undefined {
  if (!url) return undefined
  const { host, protocol } = new URL(url)
  return host || protocol.slice(0, -1)
}

export default routes
