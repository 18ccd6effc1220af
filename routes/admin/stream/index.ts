import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UserStreamQuery } from '#schemas/admin-pages.ts'
import { FeedHeaders } from '#schemas/live-feed.ts'

/** What open pages of the administration follow: the changes of all accounts, or of one. */
const routes: FastifyPluginAsyncTypebox = async app => {
  app.get(
    '',
    { exposeHeadRoute: false, schema: { querystring: UserStreamQuery, headers: FeedHeaders } },
    async (request, reply) => {
      const { headers, query } = request
      app.sessionCookie.rejectCrossSite(request)
      return app.liveFeed.send(request, reply, {
        userId: query.user_id,
        lastEventId: headers['last-event-id'] ?? query.after,
      })
    },
  )
}

export default routes
