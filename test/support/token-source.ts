import type { FastifyInstance } from 'fastify'

/** What the 401 of the films says of how an application gets a token for them. @see https://www.rfc-editor.org/rfc/rfc9728#section-5.1 @see https://www.rfc-editor.org/rfc/rfc9449#section-7.1 */
export function tokenSource({ config }: FastifyInstance): string {
  return `resource_metadata="${config.PUBLIC_URL}/.well-known/oauth-protected-resource", scope="films:read", DPoP algs="ES256 Ed25519 EdDSA"`
}
