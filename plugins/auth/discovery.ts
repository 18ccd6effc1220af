// app.discovery: the authorization server metadata, from which verifiers find issuer, keys and algorithms. Plugins add what they serve.
import fp from 'fastify-plugin'

/** The values of the field, as registered with IANA. @see https://www.iana.org/assignments/oauth-parameters/#authorization-server-metadata */
export type Metadata = Record<string, unknown>

declare module 'fastify' {
  interface FastifyInstance {
    discovery: {
      /** Adds fields, for endpoints that are really there. Later values replace earlier ones. */
      add(fields: Metadata): void
      /** @see https://www.rfc-editor.org/rfc/rfc8414#section-2 */
      readonly metadata: Metadata & { issuer: string; jwks_uri: string }
    }
  }
}

export default fp(
  async app => {
    const { PUBLIC_URL } = app.config
    const algorithms = new Set(app.keys.tokens.access.map(({ alg }) => alg))
    const metadata = {
      issuer: PUBLIC_URL,
      jwks_uri: `${PUBLIC_URL}/.well-known/jwks.json`,
      subject_types_supported: ['public'],
      // OpenID Connect's field, which verifiers of access tokens read as well.
      id_token_signing_alg_values_supported: [...algorithms],
    }
    app.decorate('discovery', { metadata, add: fields => void Object.assign(metadata, fields) })
  },
  { name: 'discovery', dependencies: ['config', 'keys'] },
)
