/** Assembles the provider. Imported, together with the library, at first use. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { errors, Provider } from 'oidc-provider'
import type { OpenForApplication } from '../../auth/login/application.ts'
import type { WaysByPassword } from '../../auth/login/ways-by-password.ts'
import type { AccessClaims } from '../../auth/tokens/claims.ts'
import { accountFinder } from './account.ts'
import { createAdapter } from './adapter.ts'
import { anonymousRecordLimit } from './anonymous-limit.ts'
import { syncBrowserSessions } from './browser-session.ts'
import {
  cacheClients,
  clientFinder,
  compareSecretsByHash,
  disableLibraryLogoutTokens,
  limitGrantsToRegisteredScopes,
} from './clients.ts'
import { configurationOf } from './configuration.ts'
import { logRefusals, reportFailures } from './failures.ts'
import { createGrants } from './grants.ts'
import { handOver, issuerOf } from './hand-over.ts'
import { createInteractions } from './interactions.ts'
import { completeLogouts } from './logout.ts'
import { registerPasswordGrant } from './password-grant.ts'
import { createPolicy } from './policy.ts'
import { createReads } from './reads.ts'
import { requestContextOf } from './request-context.ts'
import { resourceIndicators } from './resources.ts'
import { supportJwtAccessTokens } from './structured-tokens.ts'
import { tokenClaims } from './token-claims.ts'
import { patchTokenIds } from './token-ids.ts'

/** Opens sessions for applications: from the user's own session, or by password. */
interface Logins {
  openForApplication: OpenForApplication
  waysOf(clientId: string): WaysByPassword
}

export async function createProvider(app: FastifyInstance, { openForApplication, waysOf }: Logins) {
  const reads = createReads(app.db, () => Provider.ctx)
  const grants = createGrants(app, openForApplication, reads, {
    provider: () => provider,
    errors,
    current: () => Provider.ctx,
  })
  const resources = resourceIndicators(app, errors)
  const adapter = createAdapter(app, {
    errors,
    reads,
    findClient: clientFinder(app),
    isActive: grants.isActive,
    limit: anonymousRecordLimit(app, () => Provider.ctx),
    currentUser: () => Provider.ctx && requestContextOf(Provider.ctx).visitor?.user_id,
    endGrant(grantId) {
      const { ctx } = Provider
      if (!ctx) throw new Error('grants can be ended within a request only')
      const { client } = requestContextOf(ctx).request
      if (ctx.oidc.entities.RefreshToken?.consumed) return grants.endForReuse(grantId, client, 'refresh-token-reused')
      // At the token endpoint, only the reuse of a refresh token or of a code ends a grant.
      if (ctx.oidc.route === 'token') return grants.endForReuse(grantId, client, 'code-reused')
      return grants.end(grantId, client)
    },
  })
  const findAccount = accountFinder(app, reads)
  const configuration = configurationOf(app, {
    adapter,
    errors,
    findAccount,
    grants,
    keys: await app.keys.published(),
    policy: createPolicy(app),
    resources,
    tokenClaims: tokenClaims(app, grants, errors),
  })
  const provider: Provider = new Provider(app.config.PUBLIC_URL, configuration)
  provider.proxy = true
  logRefusals(provider)
  syncBrowserSessions(provider)
  cacheClients(provider, app)
  compareSecretsByHash(provider, app)
  disableLibraryLogoutTokens(provider)
  limitGrantsToRegisteredScopes(provider, () => Provider.ctx)
  const [key] = app.keys.derive('oauth refresh tokens')
  if (key) patchTokenIds(Provider, provider, key)
  if (app.config.PASSWORD_GRANT)
    registerPasswordGrant(provider, app, { errors, findAccount, grants, resources, waysOf })
  supportJwtAccessTokens(provider, app, { findAccount, grants })
  completeLogouts(provider, app, grants)
  reportFailures(provider, app)
  const library = { handle: provider.callback(), issuer: issuerOf(app.config.PUBLIC_URL) }
  return {
    provider,
    handOver: (request: FastifyRequest, reply: FastifyReply, visitor: AccessClaims | undefined) =>
      handOver(library, request, reply, visitor),
    interactions: createInteractions(provider, grants),
  }
}
