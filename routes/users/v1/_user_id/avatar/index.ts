import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AVATAR_TYPES, AvatarBody } from '#schemas/avatars.ts'
import { errors, toNotFound } from '#schemas/errors.ts'
import { ref } from '#schemas/ref.ts'
import { User, UserParams } from '#schemas/users.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { avatars, config, limits } = app
  app.openapi.tag({ name: 'avatars', description: "Users' pictures" })
  app.uploads.accept(app, {
    field: 'avatar',
    types: AVATAR_TYPES,
    maxBytes: config.AVATAR_MAX_BYTES,
    tooLarge: errors.avatarTooLarge,
  })

  app.put(
    '',
    {
      config: { errors: ['notFound', 'avatarInvalid', 'avatarTooLarge'] },
      // Before anything of the body is read.
      onRequest: [limits.perUser('AVATAR_RATE_LIMIT_MAX'), async () => avatars.assertCapacity()],
      schema: {
        operationId: 'setAvatar',
        tags: ['avatars'],
        summary: "Upload a user's picture",
        description:
          'Takes JPEG, PNG, WebP, GIF or AVIF, by its content, whichever of the types below is declared, up to `AVATAR_MAX_BYTES` and 50 ' +
          'megapixels (25 if it is progressive, interlaced, WebP or GIF; 8.9 as AVIF). It is turned upright, cropped to a ' +
          'square and stored anew as WebP, without its metadata; of an animation, the first frame. It replaces the earlier ' +
          'picture, whose URL stops working. Users can change their own picture; administrators can change everyone’s.',
        params: UserParams,
        body: AvatarBody,
        response: { 200: ref(User, 'The user, with the new `avatar_url`.') },
      },
    },
    async ({ params, upload, user: caller, client }) =>
      avatars.set(params.user_id, upload, caller, client).catch(toNotFound),
  )

  app.delete(
    '',
    {
      config: { errors: ['notFound'] },
      schema: {
        operationId: 'removeAvatar',
        tags: ['avatars'],
        summary: "Remove a user's picture",
        description: 'Its URL stops working immediately. Succeeds without a picture, too.',
        params: UserParams,
        response: { 200: ref(User, 'The user, without `avatar_url`.') },
      },
    },
    async ({ params, user: caller, client }) => avatars.remove(params.user_id, caller, client).catch(toNotFound),
  )
}

export default routes
