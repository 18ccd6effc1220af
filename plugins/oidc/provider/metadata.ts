import type { FastifyInstance } from 'fastify'
import { AUTH_METHODS, GRANT_TYPES } from '#schemas/oauth-clients.ts'
import { PROOF_ALGORITHMS } from '../../http/errors/challenge.ts'
import { ACR_VALUES } from './acr.ts'
import { OPENID_SCOPES } from './scopes.ts'

const withSecretOrKey = AUTH_METHODS.filter(method => method !== 'none')

/**
 * What the library would say of itself, so that nobody who asks for it has to wait until the library is loaded. A test compares the two.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-2
 */
export function providerMetadata({ access, config, keys, oauthResources }: FastifyInstance) {
  const at = (endpoint: string) => `${config.PUBLIC_URL}/oauth2/${endpoint}`
  const ofAccessTokens = keys.tokens.access.map(({ alg }) => alg)
  return {
    authorization_endpoint: at('authorize'),
    token_endpoint: at('token'),
    userinfo_endpoint: at('userinfo'),
    introspection_endpoint: at('introspect'),
    revocation_endpoint: at('revoke'),
    pushed_authorization_request_endpoint: at('par'),
    device_authorization_endpoint: at('device_authorization'),
    end_session_endpoint: at('logout'),
    scopes_supported: [
      ...Object.keys(OPENID_SCOPES),
      ...access.scopes,
      ...oauthResources.flatMap(({ scopes }) => scopes),
    ],
    /** @see https://www.rfc-editor.org/rfc/rfc9728#section-4 */
    protected_resources: [config.PUBLIC_URL, ...oauthResources.map(({ resource }) => resource)],
    response_types_supported: ['code'],
    response_modes_supported: ['form_post', 'fragment', 'query'],
    grant_types_supported: GRANT_TYPES.filter(grant => grant !== 'password' || config.PASSWORD_GRANT),
    acr_values_supported: ACR_VALUES,
    claim_types_supported: ['normal'],
    claims_supported: ['iss', 'sid', ...Object.values(OPENID_SCOPES).flat()],
    claims_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: [...new Set([...ofAccessTokens, 'EdDSA', 'ES256', 'RS256'])],
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA'],
    introspection_endpoint_auth_methods_supported: withSecretOrKey,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
  }
}
