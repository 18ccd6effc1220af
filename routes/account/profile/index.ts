import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { ProfileForm } from '#schemas/profile-form.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.console.section({ path: '/account/profile', topic: 'account/profile', order: 10 })

  app.get('', async (request, reply) => reply.page(form(versionOf(request))))

  app.post(
    '',
    {
      config: {
        // Saved once more, what was typed replaces what the form now says has changed.
        errorPage: (code, request) =>
          form(code === errors.changedMeanwhile.code ? versionOf(request) : openedWith(request.body)),
      },
      schema: { body: ProfileForm },
    },
    async (request, reply) => {
      const { body, user, client } = request
      const update = {
        first_name: body.first_name || null,
        last_name: body.last_name || null,
        phone_number: body.phone_number || null,
        address: body.address || null,
        national_id: body.national_id || null,
      }
      await app.userChanges.update(user.user_id, update, user, client, null, body.version)
      return reply.redirect(app.pages.urlOf(request, '/account/profile', { done: 'saved' }), 303)
    },
  )

  const versionOf = ({ account }: FastifyRequest) => (account ? app.userChanges.profileVersion(account) : '')
}

const form = (version: string) => ({ name: 'account/profile/form', data: { version } })

function openedWith(body: unknown): string {
  return typeof body === 'object' && body !== null && 'version' in body ? String(body.version) : ''
}

export default routes
