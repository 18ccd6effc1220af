import { Type } from '@sinclair/typebox'

export const Welcome = Type.Object(
  {
    name: Type.String({ examples: ['Holocron'] }),
    version: Type.String({ examples: ['1.0.0'] }),
    documentation: Type.String({ description: 'URL of Swagger UI.', examples: ['http://localhost:3000/ui'] }),
    openapi: Type.String({
      description: 'URL of the OpenAPI document.',
      examples: ['http://localhost:3000/openapi.json'],
    }),
  },
  { $id: 'Welcome', additionalProperties: false },
)
