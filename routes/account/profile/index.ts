import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { ProfileForm, ProfileQuery } from '#schemas/profile-form.ts'
import { findUser } from '#sql/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { db, pages, userChanges } = app
  app.console.section({ path: '/account/profile', topic: 'account/profile', order: 10 })

  app.get('', { schema: { querystring: ProfileQuery } }, async ({ account }, reply) =>
    reply.page({ ...form(account ? userChanges.profileVersion(account) : ''), live: { channels: ['person'] } }),
  )

  app.post(
    '',
    {
      config: {
        errorPage: (code, request) =>
          code === errors.changedMeanwhile.code ? overtaken(request) : form(openedWith(request.body)),
      },
      schema: { querystring: ProfileQuery, body: ProfileForm },
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
      // A form without a version comes back with an empty one.
      await userChanges.update(user.user_id, update, user, client, { expected: body.version || undefined })
      const next = pages.redirectTarget(request.query.redirect_to)
      return reply.redirect(next ?? pages.urlOf(request, '/account/profile', { done: 'saved' }), 303)
    },
  )

  /** Shows what is saved now; saved once more, what was typed replaces that. A cache may not know of the other change yet. */
  async function overtaken({ user }: FastifyRequest) {
    const saved = await findUser(db, user.user_id)
    if (!saved) throw errors.userNotFound()
    return form(userChanges.profileVersion(saved), saved)
  }
}

const form = (version: string, saved?: object) => ({ name: 'account/profile/form', data: { version, saved } })

function openedWith(body: unknown): string {
  return typeof body === 'object' && body !== null && 'version' in body ? String(body.version) : ''
}

export default routes
