/** How the library is set up. What it would do otherwise is in its documentation. @see https://github.com/panva/node-oidc-provider/blob/main/docs/README.md */
import type { FastifyInstance } from 'fastify'
import type { Configuration, interactionPolicy, errors as libraryErrors, Provider } from 'oidc-provider'
import { AUTH_METHODS } from '#schemas/oauth-clients.ts'
import { basePath } from '../../config/base-path.ts'
import { parseOrigins } from '../../config/origins.ts'
import type { TokenKey } from '../../keys/token-keys.ts'
import type { accountFinder } from './account.ts'
import { ACR_VALUES } from './acr.ts'
import type { createAdapter } from './adapter.ts'
import { assertionRules } from './assertions.ts'
import { createClaimsCheck } from './claims-parameter.ts'
import { CLIENT_METADATA } from './clients.ts'
import { keyFetcher } from './fetch-keys.ts'
import type { Grants } from './grants.ts'
import { INTERACTION_TTL } from './interactions.ts'
import { pageSources } from './page-sources.ts'
import type { ResourceIndicators } from './resources.ts'
import { OPENID_SCOPES } from './scopes.ts'
import { signingKey } from './signing-keys.ts'
import type { tokenClaims } from './token-claims.ts'
import { isRefreshable, isSenderConstrained } from './token-ids.ts'

interface Parts {
  adapter: ReturnType<typeof createAdapter>
  findAccount: ReturnType<typeof accountFinder>
  grants: Grants
  tokenClaims: ReturnType<typeof tokenClaims>
  keys: TokenKey[]
  errors: typeof libraryErrors
  resources: ResourceIndicators
  policy: interactionPolicy.DefaultPolicy
}

/** Seconds. */
const CODE_TTL = 60
const DEVICE_CODE_TTL = 600

export function configurationOf(app: FastifyInstance, parts: Parts): Configuration {
  const { config } = app
  const { adapter, findAccount, grants, keys } = parts
  const origins = new Set([config.CORS_ORIGINS, config.COOKIE_ORIGINS].flatMap(parseOrigins))
  const secure = config.PUBLIC_URL.startsWith('https:')
  const cookie = { httpOnly: true, secure, sameSite: 'lax', signed: true, overwrite: true } as const

  return {
    adapter,
    findAccount: (_ctx, sub, token) => findAccount(sub, token?.grantId),
    loadExistingGrant: grants.existing,
    extraTokenClaims: parts.tokenClaims.extra,
    formats: { customizers: { jwt: parts.tokenClaims.addScope } },
    jwks: { keys: keys.map(signingKey) },
    responseTypes: ['code'],
    acrValues: ACR_VALUES,
    claims: { ...OPENID_SCOPES, iss: null, sid: null },
    scopes: Object.keys(OPENID_SCOPES),
    conformIdTokenClaims: true,
    clientAuthMethods: [...AUTH_METHODS],
    assertJwtClientAuthClaimsAndHeader: assertionRules(parts.errors),
    fetch: keyFetcher(app),
    extraClientMetadata: { properties: CLIENT_METADATA },
    clientBasedCORS: (_ctx, origin, client) =>
      origins.has(origin) ||
      (client.redirectUris ?? []).some(uri => URL.parse(uri)?.origin === origin && origin !== 'null'),
    enabledJWA: {
      idTokenSigningAlgValues: ['EdDSA', 'ES256', 'RS256'],
      userinfoSigningAlgValues: ['EdDSA', 'ES256', 'RS256'],
    },
    cookies: {
      keys: app.keys.derive('oauth cookies').map(key => key.toString('base64url')),
      names: { session: 'holocron-oauth', interaction: 'holocron-oauth-interaction', resume: 'holocron-oauth-resume' },
      long: { ...cookie, path: `${basePath(config.PUBLIC_URL)}/oauth2` },
      short: cookie,
    },
    features: {
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true, ...pageSources.device },
      devInteractions: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      dPoP: { enabled: true, nonceSecret: app.keys.derive('oauth dpop')[0], requireNonce: () => false },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => isOwn(client, token) },
      pushedAuthorizationRequests: { enabled: true },
      backchannelLogout: { enabled: true },
      resourceIndicators: { enabled: true, ...parts.resources },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => isOwn(client, token) },
      rpInitiatedLogout: { enabled: true, ...pageSources.logout },
      claimsParameter: { enabled: true, assertClaimsParameter: createClaimsCheck(parts.errors) },
      userinfo: { enabled: true },
    },
    interactions: {
      policy: parts.policy,
      url: (_ctx, { uid }) => `${basePath(config.PUBLIC_URL)}/oauth2/interaction/${uid}`,
    },
    issueRefreshToken: (_ctx, client, { scopes }) => isRefreshable(client, scopes),
    pkce: { required: (_ctx, client) => client.require_pkce !== false || client.clientAuthMethod === 'none' },
    renderError: pageSources.renderError,
    // Replaying a refresh token that is bound to a key or a secret gains a thief nothing. @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
    rotateRefreshToken: ({ oidc }) =>
      oidc.client?.clientAuthMethod === 'none' && !isSenderConstrained(oidc.entities.RefreshToken),
    routes: {
      authorization: '/oauth2/authorize',
      code_verification: '/oauth2/device',
      device_authorization: '/oauth2/device_authorization',
      end_session: '/oauth2/logout',
      introspection: '/oauth2/introspect',
      jwks: '/oauth2/jwks',
      pushed_authorization_request: '/oauth2/par',
      revocation: '/oauth2/revoke',
      token: '/oauth2/token',
      userinfo: '/oauth2/userinfo',
    },
    ttl: {
      AccessToken: config.ACCESS_TOKEN_TTL_SECONDS,
      AuthorizationCode: CODE_TTL,
      ClientCredentials: config.ACCESS_TOKEN_TTL_SECONDS,
      DeviceCode: DEVICE_CODE_TTL,
      Grant: config.SESSION_TTL_SECONDS,
      IdToken: config.ACCESS_TOKEN_TTL_SECONDS,
      Interaction: INTERACTION_TTL,
      // Those of confidential clients do not rotate: how long one may go unused is a matter of its session.
      RefreshToken: config.SESSION_TTL_SECONDS,
      // Without a user, a session only holds a pending interaction.
      Session: (_ctx, { accountId }) => (accountId ? config.SESSION_TTL_SECONDS : INTERACTION_TTL),
    },
  }
}

type Client = InstanceType<Provider['Client']>

const isOwn = ({ clientId }: Client, token: { clientId?: string | undefined }) => clientId === token.clientId
