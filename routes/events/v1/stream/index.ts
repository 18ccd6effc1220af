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
    async ({ user, query, headers }, reply) => {
      const isOfAll = user.access_role === 'admin' && !query.mine
      const events = app.liveFeed.open({
        ...(!isOfAll && { userId: user.user_id }),
        holder: user.user_id,
        lastEventId: headers['last-event-id'],
        channels: query.channels === undefined ? undefined : new Set(query.channels.split(',')),
        mayRead: () => app.revocations.mayRead(user),
      })
      // Proxies must not hold back what belongs to a moment.
      reply.header('x-accel-buffering', 'no').type('text/event-stream')
      return reply.send(events)
    },
  )
}

export default routes
