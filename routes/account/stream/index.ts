import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { StreamQuery } from '#schemas/hosted-pages.ts'
import { FeedHeaders } from '#schemas/live-feed.ts'

/** What open pages of the account follow: the changes of that account. */
const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    { exposeHeadRoute: false, schema: { querystring: StreamQuery, headers: FeedHeaders } },
    async (request, reply) => {
      const { headers, query, user } = request
      app.sessionCookie.rejectCrossSite(request)
      return app.liveFeed.send(request, reply, {
        userId: user.user_id,
        lastEventId: headers['last-event-id'] ?? query.after,
      })
    },
  )
}

export default routes
