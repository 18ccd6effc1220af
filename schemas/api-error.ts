import { Type } from '@sinclair/typebox'

export const ApiError = Type.Object(
  {
    status: Type.Literal('error'),
    statusCode: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status code.' }),
    error: Type.String({ description: 'The reason phrase of the HTTP status.' }),
    message: Type.String({ description: 'A stable error code. Branch on this value.' }),
    details: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'What caused the error, where more can be said.' }),
    ),
  },
  { $id: 'ApiError', additionalProperties: false },
)
