import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errors, PROVIDER_LOGIN_ERRORS } from '#schemas/errors.ts'
import { CallbackQuery, ProviderParams } from '#schemas/social.ts'

type Finished = Awaited<ReturnType<FastifyInstance['social']['browserFlow']['finish']>>
type Flow = Finished['flow']
type Caller = FastifyRequest['user']

const routes: FastifyPluginAsyncTypebox = async app => {
  const { access, linkedLogins, pages, sessionCookie, social } = app
  if (social.providers.length === 0) return

  app.get(
    '',
    {
      // A HEAD request must not use up the code.
      exposeHeadRoute: false,
      config: {
        access: 'public',
        authLimit: true,
        errors: [...PROVIDER_LOGIN_ERRORS, 'loginMethodNotFound'],
        errorPage: (_code, request) => ({ name: 'social/failed', data: { back: backOf(request), languages: [] } }),
      },
      schema: {
        operationId: 'completeProviderLogin',
        tags: ['social'],
        summary: "Receive the provider's response, in a browser",
        description:
          'The redirect URI of every provider. Sets the session cookie and redirects to where the login was started from, or ' +
          'shows a page: for the second factor, for an email address if the provider names none, or with the reason of a failure.',
        params: ProviderParams,
        querystring: CallbackQuery,
        response: {
          200: {
            description: 'A page: for the second factor, or for an email address.',
            content: { 'text/html': { schema: Type.String() } },
          },
          303: { type: 'null', description: 'To the page from which the login was started.' },
        },
      },
    },
    async (request, reply) => {
      const { provider } = request.params
      const finished = await social.browserFlow.finish(request, reply, { ...request.query, provider })
      return finish[finished.flow.purpose](request, reply, finished)
    },
  )

  const finish = { login: logIn, link, reauthenticate }

  /** Its pages are not offered in other languages: those links would have the code in them, which works once. */
  async function logIn(request: FastifyRequest, reply: FastifyReply, { flow, authenticated, useUp }: Finished) {
    const outcome = await linkedLogins.logIn(authenticated.identity, request.client, useUp).catch(error => {
      if (!pages.wanted(request) || error.code !== errors.emailRequired.code) throw error
      return error.details as { signup_token: string }
    })
    if ('signup_token' in outcome) return reply.page('provider-email/form', { ...outcome, languages: [] })
    if ('mfa_token' in outcome)
      return reply.page('signin/second-factor', {
        ...outcome,
        script: 'passkeys.js',
        remember: !flow.transient,
        redirect_to: flow.redirectTo,
        next: nextOf(request, flow),
        languages: [],
      })
    await app.browserLogin(request, reply, outcome, { remember: !flow.transient })
    return reply.redirect(nextOf(request, flow), 303)
  }

  /** The caller's authentication was checked when it started. */
  async function link(request: FastifyRequest, reply: FastifyReply, { flow, authenticated, useUp }: Finished) {
    const caller = await requireVisitor(request, reply, flow)
    await linkedLogins.link(authenticated.identity, caller, request.client, null, useUp)
    return reply.redirect(nextOf(request, flow), 303)
  }

  async function reauthenticate(request: FastifyRequest, reply: FastifyReply, finished: Finished) {
    const { flow, authenticated, useUp } = finished
    const caller = await requireVisitor(request, reply, flow)
    if ((await app.users.get(caller.user_id)).mfa_enabled) return askForSecondFactor(request, reply, caller, finished)
    const federated = linkedLogins.confirms(caller.user_id, authenticated.identity, useUp)
    const session = await app.reauthenticate(caller, { federated }, request.client)
    sessionCookie.set(reply, session, caller)
    return reply.redirect(nextOf(request, flow), 303)
  }

  /** A provider is one factor: the page asks for the other, and then uses both up. */
  async function askForSecondFactor(
    request: FastifyRequest,
    reply: FastifyReply,
    { user_id }: Caller,
    finished: Finished,
  ) {
    const { flow, authenticated } = finished
    await linkedLogins.requireLinked(user_id, authenticated.identity)
    social.proofCookie.set(reply, finished)
    const query = { redirect_to: nextOf(request, flow), provider: flow.provider }
    return reply.redirect(pages.urlOf(request, '/account/reauthenticate', query), 303)
  }

  /** The session that started it has to be there still. @throws socialStateInvalid */
  async function requireVisitor(request: FastifyRequest, reply: FastifyReply, flow: Flow) {
    const caller = await access.visitor(request, reply)
    if (!caller || caller.sid !== flow.sid) throw errors.socialStateInvalid()
    return caller
  }

  /** Who is signed in goes back to where the flow was started, instead of to the sign-in page. */
  function backOf(request: FastifyRequest): string | undefined {
    const flow = request.providerFlow
    if (!flow || flow.purpose === 'login') return undefined
    return pages.redirectTarget(flow.redirectTo) ?? pages.urlOf(request, '/account/logins')
  }

  function nextOf(request: FastifyRequest, { redirectTo, done }: Flow): string {
    if (!redirectTo || !done) return redirectTo ?? pages.urlOf(request, '/')
    return `${redirectTo}${redirectTo.includes('?') ? '&' : '?'}done=${done}`
  }
}

export default routes
