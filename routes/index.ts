import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref } from '#schemas/ref.ts'
import { Welcome } from '#schemas/welcome.ts'
import { findUser } from '#sql/users.ts'
import packageJson from '../package.json' with { type: 'json' }

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'operations', description: 'Public keys, health probes and metrics.', order: 98 })

  app.get(
    '/',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'welcome',
        tags: ['operations'],
        summary: 'Get service information',
        description:
          'Returns the name and the version of the service, and where its documentation is. Browsers get a page on which ' +
          'users sign in and sign up.',
        produces: ['application/json', 'text/html'],
        response: { 200: ref(Welcome, 'The service information.') },
      },
    },
    async (request, reply) => {
      reply.header('vary', 'accept')
      if (app.pages.wanted(request)) {
        // For the form that signs out.
        reply.header('referrer-policy', 'same-origin')
        const visitor = await app.access.visitor(request, reply)
        const user = visitor && (await findUser(app.db, visitor.user_id))
        request.locale = user?.locale ?? null
        return reply.page('landing/welcome', { user })
      }
      return {
        name: app.config.APP_NAME,
        version: packageJson.version,
        documentation: `${app.config.PUBLIC_URL}/ui`,
        openapi: `${app.config.PUBLIC_URL}/openapi.json`,
      }
    },
  )
}

export default routes
