import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { AvatarParams, type AvatarSize, DefaultAvatarParams } from '#schemas/avatars.ts'
import { NotModified } from '#schemas/common.ts'
import { errors } from '#schemas/errors.ts'

const image = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: Type.Unsafe<Buffer>({ type: 'string', format: 'binary' }) } },
})

const routes: FastifyPluginAsyncTypebox = async app => {
  // Pages of any origin show them; opened by themselves, they can do nothing.
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('cross-origin-resource-policy', 'cross-origin')
    reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
  })

  app.get(
    '/:avatar_id-:size.webp',
    {
      config: { access: 'public', errors: ['notFound'] },
      schema: {
        operationId: 'getAvatar',
        tags: ['avatars'],
        summary: "Get a user's picture",
        description: 'At the `avatar_url` of a user. Whoever knows the URL may see it; it changes with each upload.',
        params: AvatarParams,
        response: { 200: image('image/webp', 'The picture.'), 304: NotModified },
      },
    },
    async (request, reply) => {
      const { avatar_id, size } = request.params
      if (!(await app.avatars.send(request, reply, avatar_id, Number(size) as AvatarSize))) throw errors.notFound()
      return reply
    },
  )

  app.get(
    '/default-:seed.svg',
    {
      config: { access: 'public', errors: ['notFound'] },
      schema: {
        operationId: 'getDefaultAvatar',
        tags: ['avatars'],
        summary: 'Get a picture for a user without one',
        description:
          'Returns a pattern that follows from `seed` alone, such as the id of a user: nothing is looked up, so it tells ' +
          'nothing about anybody.',
        params: DefaultAvatarParams,
        response: { 200: image('image/svg+xml', 'The picture.'), 304: NotModified },
      },
    },
    (request, reply) => app.avatars.sendDefault(request, reply, request.params.seed),
  )
}

export default routes
