import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { FeedHeaders, feedQuery, LiveFeed } from '#schemas/live-feed.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    {
      config: { errors: ['tooManyStreams', 'unavailable'] },
      exposeHeadRoute: false,
      schema: {
        operationId: 'followEvents',
        tags: ['events'],
        summary: 'Follow change events',
        description:
          'Server-sent events: what changes in the own account, as it happens; administrators get what changes in all. No values, only what changed: ' +
          'fetch them from the API. It ends with the session and with the access token; `Last-Event-ID` continues it without loss, at any instance.',
        querystring: feedQuery(app.liveFeed.channels),
        headers: FeedHeaders,
        response: { 200: LiveFeed },
      },
    },
    async (request, reply) => {
      const { user, query, headers } = request
      const isOfAll = user.access_role === 'admin' && !query.mine
      return app.liveFeed.send(request, reply, {
        ...(!isOfAll && { userId: user.user_id }),
        lastEventId: headers['last-event-id'],
        channels: query.channels === undefined ? undefined : new Set(query.channels.split(',')),
      })
    },
  )
}

export default routes
