import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { NewPasskeyForm, TwoFactorQuery } from '#schemas/two-factor-pages.ts'

const form = { name: 'account/two-factor/new-passkey', data: { script: 'new-passkey.js' } }

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('/new', { config: { beforeMfa: true, stepUp: 'session' } }, async (_request, reply) => reply.page(form))

  app.post(
    '/new',
    {
      config: { beforeMfa: true, authLimit: true, stepUp: 'session', errorPage: () => form },
      schema: { querystring: TwoFactorQuery, body: NewPasskeyForm },
      preValidation: parseCredential,
    },
    async (request, reply) => {
      const { credential, name } = request.body
      const { recovery_codes } = await app.secondFactors.passkeys.register(request.user, request.client, {
        credential,
        name: name || null,
      })
      await app.sessionCookie.renew(request, reply)
      if (recovery_codes) return reply.page('account/two-factor/codes', { codes: recovery_codes })
      const { redirect_to } = request.query
      const url = app.pages.urlOf(request, '/account/two-factor', { done: 'passkey-added', redirect_to })
      return reply.redirect(url, 303)
    },
  )
}

/**
 * The script writes what the authenticator made into a field of the form, as JSON.
 * @throws passkeyInvalid
 */
async function parseCredential(request: FastifyRequest): Promise<void> {
  const body = request.body as { credential?: unknown } | undefined
  try {
    if (body) body.credential = JSON.parse(String(body.credential))
  } catch {
    throw errors.passkeyInvalid()
  }
}

export default routes
