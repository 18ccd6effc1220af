import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { KindGuard, type TSchema, Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { remember, SigninQuery } from '#schemas/hosted-pages.ts'

/** The form of each way to sign in that has one. A passkey is used by a script, which calls the API. */
const FORMS: Record<string, 'signin/password' | 'signin/second-factor'> = {
  '': 'signin/password',
  '/mfa': 'signin/second-factor',
  '/recovery_code': 'signin/second-factor',
}

/** The password has to be given again. */
const STARTS_AGAIN = ['token-invalid', 'token-expired', 'account-disabled', 'user-already-logged-in', 'cross-site']

const routes: FastifyPluginAsyncTypebox = async app => {
  const { pages } = app
  const { providers } = app.social

  app.get(
    '',
    {
      config: { access: 'public' },
      schema: { querystring: SigninQuery },
    },
    async (request, reply) => {
      assertTarget(request)
      // Where a passkey's script comes back to, too.
      if (await app.access.visitor(request, reply)) return reply.redirect(nextOf(request), 303)
      return reply.page('signin/password', await pageData(request))
    },
  )

  app.get(
    '/advice',
    {
      config: { beforeMfa: true },
      schema: { querystring: SigninQuery },
      preValidation: async request => assertTarget(request),
    },
    async (request, reply) => reply.page('signin/advice', { next: nextOf(request) }),
  )

  for (const { path, body, withPassword = false, run } of app.login.ways) {
    const form = FORMS[path]
    if (!form) continue
    app.post(
      path,
      {
        config: {
          access: 'public',
          withPassword,
          errorPage: (code, request) =>
            isAllowed(request) ? pageOf(STARTS_AGAIN.includes(code) ? 'signin/password' : form, request) : undefined,
        },
        schema: { querystring: SigninQuery, body: withRemember(body) },
        preValidation: async request => assertTarget(request),
      },
      async (request, reply) => {
        const outcome = await run(request.body, request.client)
        const remembered = isRemembered(request.body)
        if ('mfa_token' in outcome)
          return reply.page('signin/second-factor', { ...(await pageData(request)), ...outcome, remember: remembered })
        await app.browserLogin(request, reply, outcome, { remember: remembered })
        const advised = outcome.password_change_advised || request.query.advice === 'password'
        return reply.redirect(advised ? adviceOn(request) : nextOf(request), 303)
      },
    )
  }

  const targetOf = ({ query }: FastifyRequest) => {
    const { redirect_to } = query as { redirect_to?: string }
    return { asked: redirect_to, allowed: pages.redirectTarget(redirect_to) }
  }

  function isAllowed(request: FastifyRequest): boolean {
    const { asked, allowed } = targetOf(request)
    return !asked || allowed !== undefined
  }

  /** @throws requestInvalid */
  function assertTarget(request: FastifyRequest): void {
    if (isAllowed(request)) return
    throw errors.requestInvalid({
      details: {
        in: 'querystring',
        field: 'redirect_to',
        problem: 'must be a page of this service or in REDIRECT_URLS',
      },
    })
  }

  function nextOf(request: FastifyRequest): string {
    return targetOf(request).allowed ?? pages.urlOf(request, '/')
  }

  /** ADVISE_PASSWORD_CHANGE: a page on the way, which leads on. */
  function adviceOn(request: FastifyRequest): string {
    return pages.urlOf(request, '/signin/advice', { redirect_to: targetOf(request).asked })
  }

  /** The second factor has no page that can be asked for: it belongs to a password. */
  async function pageOf(name: 'signin/password' | 'signin/second-factor', request: FastifyRequest) {
    const here = name === 'signin/password' && { here: { path: '/signin' } }
    return { name, data: { ...(await pageData(request)), ...here } }
  }

  async function pageData(request: FastifyRequest) {
    const next = nextOf(request)
    // People can sign in without knowing for whom, too.
    const application = await app.openidProvider.applicationAt(next).catch(() => undefined)
    return { script: 'passkeys.js', next, providers, application }
  }
}

/** What the API takes, and whether the browser keeps the cookie when it is closed. */
function withRemember(body: TSchema): TSchema {
  if (!KindGuard.IsObject(body)) throw new Error('a way to sign in with a form takes an object')
  return Type.Object({ ...body.properties, remember }, { additionalProperties: false })
}

function isRemembered(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'remember' in body
}

export default routes
