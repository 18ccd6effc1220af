import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { PasskeyParams } from '#schemas/passkeys.ts'
import { PasskeyNameForm } from '#schemas/two-factor-pages.ts'
import { listPasskeys } from '#sql/passkeys.ts'

const schema = { params: PasskeyParams }

const routes: FastifyPluginAsyncTypebox = async app => {
  const { db, pages } = app

  for (const [path, name, config] of [
    ['', 'passkey', {}],
    ['/remove', 'remove-passkey', { stepUp: 'session' }],
  ] as const)
    app.get(path, { config, schema }, async (request, reply) => {
      const { data } = await about(request, name)
      return reply.page(`account/two-factor/${name}`, data)
    })

  app.post(
    '',
    {
      config: { errorPage: (code, request) => formOf(code, request, 'passkey') },
      schema: { ...schema, body: PasskeyNameForm },
    },
    async (request, reply) => {
      const { user, client, params, body } = request
      await app.secondFactors.passkeys.rename(user, client, { id: params.passkey_id, name: body.name || null })
      return reply.redirect(pages.urlOf(request, '/account/two-factor', { done: 'passkey-renamed' }), 303)
    },
  )

  app.post(
    '/remove',
    {
      config: {
        authLimit: true,
        stepUp: 'session',
        errorPage: (code, request) => formOf(code, request, 'remove-passkey'),
      },
      schema,
    },
    async (request, reply) => {
      await app.linkedLogins.removePasskey(request.params.passkey_id, request.user, request.client, request.stepUp)
      return reply.redirect(pages.urlOf(request, '/account/two-factor', { done: 'passkey-removed' }), 303)
    },
  )

  /** The form again, unless there is no such passkey. */
  async function formOf(code: string, request: FastifyRequest, name: string) {
    return code === errors.notFound.code ? undefined : about(request, name)
  }

  /** @throws notFound */
  async function about(request: FastifyRequest, name: string) {
    const { passkey_id } = request.params as { passkey_id: string }
    const passkey = (await listPasskeys(db, request.user.user_id)).find(({ id }) => id === passkey_id)
    if (!passkey) throw errors.notFound()
    return { name: `account/two-factor/${name}`, data: { passkey: app.passkeys.serialize(passkey) } }
  }
}

export default routes
