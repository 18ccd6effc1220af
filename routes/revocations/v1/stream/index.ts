import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { FeedHeaders, RevocationFeed } from '#schemas/revocations.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'revocations', description: 'For services that verify access tokens by themselves.' })

  app.get(
    '',
    {
      config: { access: 'application', scopes: ['revocations'], withoutDatabase: true },
      exposeHeadRoute: false,
      schema: {
        operationId: 'followRevocations',
        tags: ['revocations'],
        summary: 'Follow revocations',
        description:
          'Server-sent events for trusted services that verify access tokens by themselves: all revocations that matter, then each one within ' +
          'milliseconds. For applications by themselves (client credentials) that are registered for the scope `revocations`. It ends with the ' +
          'token; `Last-Event-ID` continues it.',
        headers: FeedHeaders,
        response: { 200: RevocationFeed },
      },
    },
    async ({ bearer, headers }, reply) => {
      if (!bearer) throw new Error('a route for applications has let nobody pass')
      const events = app.revocations.feed(bearer, headers['last-event-id'])
      // Proxies must not hold back what belongs to a moment.
      reply.header('x-accel-buffering', 'no').type('text/event-stream')
      return reply.send(events)
    },
  )
}

export default routes
