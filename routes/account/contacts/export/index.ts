import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

const routes: FastifyPluginAsyncTypebox = async app => {
  // HEAD would read all contacts for nothing.
  const route = { exposeHeadRoute: false, onRequest: app.contacts.limits.export }
  app.get('', route, async ({ user }, reply) => {
    reply.header('content-disposition', 'attachment; filename="contacts.vcf"')
    // What older address books read, too.
    return reply.type('text/vcard; charset=utf-8').send(app.contacts.export(user.user_id, '3.0'))
  })
}

export default routes
