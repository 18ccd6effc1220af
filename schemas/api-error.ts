import { Type } from '@sinclair/typebox'
import { errors } from './errors.ts'
import { oneOf, ref } from './ref.ts'

export const ErrorCode = oneOf([...new Set(Object.values(errors).map(({ code }) => code))], {
  $id: 'ErrorCode',
  description: 'A stable error code. Branch on this value.',
})

/** The known members. A failed readiness probe has one entry for each check instead. */
const Details = Type.Object(
  {
    in: Type.Optional(
      oneOf(['body', 'querystring', 'params', 'headers'], { description: 'The part of the request that is invalid.' }),
    ),
    field: Type.Optional(Type.String({ description: 'The name of the invalid field.', examples: ['email'] })),
    problem: Type.Optional(
      Type.String({
        description: 'An explanation for developers. The wording may change.',
        examples: ['must match the pattern'],
      }),
    ),
    uri: Type.Optional(
      Type.String({
        description: 'The URI that is invalid, where the field has several.',
        examples: ['http://news.example/callback'],
      }),
    ),
    reason: Type.Optional(
      Type.String({
        description:
          'Why, where one code has several causes and the client may know which: `used` (the one-time password was valid, and used before), ' +
          '`attempts` (too many wrong codes for this `mfa_token`), `own` (the address is that of the account itself).',
        examples: ['used'],
      }),
    ),
    limit: Type.Optional(
      Type.String({ description: 'The name of the limit that was exceeded.', examples: ['RATE_LIMIT_MAX'] }),
    ),
    max: Type.Optional(Type.Integer({ description: 'The number of requests per minute allowed.', examples: [6000] })),
  },
  { additionalProperties: true, description: 'More about the error, if there is more to say.' },
)

export const ApiError = Type.Object(
  {
    status: Type.Literal('error'),
    statusCode: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status code.', examples: [400] }),
    error: Type.String({ description: 'The reason phrase of the HTTP status.', examples: ['Bad Request'] }),
    message: ref(ErrorCode),
    details: Type.Optional(Details),
  },
  { $id: 'ApiError', additionalProperties: false },
)
