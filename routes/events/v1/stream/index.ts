import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { errors } from '#schemas/errors.ts'
import { FeedHeaders, feedQuery, LiveFeed } from '#schemas/live-feed.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  function channelsIn(text: string): Set<string> {
    const channels = text.split(',')
    const unknown = channels.find(name => !app.liveFeed.channels.includes(name))
    if (unknown === undefined) return new Set(channels)
    const problem = `must be channels of events: ${unknown} is none`
    throw errors.requestInvalid({ details: { in: 'querystring', field: 'channels', problem } })
  }

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
        channels: query.channels === undefined ? undefined : channelsIn(query.channels),
      })
    },
  )
}

export default routes
