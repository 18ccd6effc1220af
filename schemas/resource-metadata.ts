import { Type } from '@sinclair/typebox'

/** @see https://www.rfc-editor.org/rfc/rfc9728#section-2 */
export const ResourceMetadata = Type.Object(
  {
    resource: Type.String({
      description: 'The `aud` of tokens for it, and the `resource` of requests: `PUBLIC_URL`.',
      examples: ['https://login.example'],
    }),
    authorization_servers: Type.Array(Type.String(), {
      description: 'Whose tokens it takes.',
      examples: [['https://login.example']],
    }),
    scopes_supported: Type.Array(Type.String(), {
      description: 'The scopes that its routes ask for.',
      examples: [['films:read']],
    }),
    bearer_methods_supported: Type.Array(Type.String(), {
      description: '`header`: tokens are taken in the Authorization header only.',
      examples: [['header']],
    }),
    resource_name: Type.String({ description: 'Its name, for people: `APP_NAME`.', examples: ['Holocron'] }),
  },
  { $id: 'ResourceMetadata', additionalProperties: false },
)
