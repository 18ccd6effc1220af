/** Users' pictures. */
import { Type } from '@sinclair/typebox'
import { count } from '../types.ts'

declare module '../schema.ts' {
  interface Topics {
    avatars: typeof avatars
  }
}

export const avatars = {
  AVATAR_STORAGE: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        "Where users' pictures are kept: a folder, which all instances share, or `s3://bucket/prefix?region=eu-central-1`, with `&endpoint=https://…` for servers other than Amazon's. Default: `DATA_DIR/avatars`",
    }),
  ),
  AWS_ACCESS_KEY_ID: Type.Optional(
    Type.String({ minLength: 1, description: 'Access key of an `s3://` AVATAR_STORAGE, which requires it' }),
  ),
  AWS_SECRET_ACCESS_KEY: Type.Optional(
    Type.String({ minLength: 1, description: 'Secret of AWS_ACCESS_KEY_ID, which requires it' }),
  ),
  AVATAR_MAX_BYTES: Type.Integer({
    default: 5_242_880,
    minimum: 65_536,
    maximum: 52_428_800,
    description: 'Maximum size of an uploaded picture (bytes)',
  }),
  AVATAR_RATE_LIMIT_MAX: count(10, 1, 'Uploads of pictures per minute and user, counted in Redis if there is one'),
}
