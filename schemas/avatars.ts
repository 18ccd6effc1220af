import { Type } from '@sinclair/typebox'
import { errorCode } from './errors.ts'
import { oneOf } from './ref.ts'

/** Width and height of the stored pictures (pixels). */
export const AVATAR_SIZES = [128, 512] as const
export type AvatarSize = (typeof AVATAR_SIZES)[number]

/** Media types in which a picture may be sent. What it is, is found out from its content. */
export const AVATAR_TYPES = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/gif',
  'image/avif',
  'application/octet-stream',
]

const binary = { type: 'string', format: 'binary' }

/** The fields of the form besides the file, which is not in the body that is validated. */
const AvatarForm = {
  type: 'object',
  properties: { avatar: { ...binary, description: 'The picture.' } },
  additionalProperties: false,
}

/** That of the page. */
export const AvatarPageBody = { content: { 'multipart/form-data': { schema: AvatarForm } } }

/** A form with the picture in its field `avatar`, or the picture itself. */
export const AvatarBody = {
  content: {
    'multipart/form-data': { schema: AvatarForm },
    ...Object.fromEntries(AVATAR_TYPES.map(type => [type, { schema: binary }])),
  },
}

export const AvatarParams = Type.Object({
  avatar_id: Type.String({
    pattern: '^[0-9a-f]{32}$',
    description: 'Random identifier of an upload.',
    examples: ['6f1ed002ab5595859014ebf0951522d9'],
    ...errorCode('not-found'),
  }),
  size: Type.Unsafe<`${AvatarSize}`>({
    ...oneOf(AVATAR_SIZES.map(String), { description: 'Width and height (pixels).' }),
    examples: ['512'],
    ...errorCode('not-found'),
  }),
})

export const DefaultAvatarParams = Type.Object({
  seed: Type.String({
    pattern: '^[A-Za-z0-9_-]{1,64}$',
    description: 'Any text; each has a picture of its own. It is not looked up anywhere.',
    examples: ['42'],
    ...errorCode('not-found'),
  }),
})
