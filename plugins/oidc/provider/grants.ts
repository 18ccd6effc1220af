/** A grant is one of our sessions, by its id: what ends that ends the grant, its refresh tokens and, by the revocation map, its access tokens. */
import type { FastifyInstance } from 'fastify'
import type { KoaContextWithOIDC, errors as libraryErrors, Provider } from 'oidc-provider'
import { errors } from '#schemas/errors.ts'
import { listSessionsWith } from '#sql/live-sessions.ts'
import { recordAuthentication } from '#sql/oauth-grants.ts'
import { findSession, touchSession } from '#sql/sessions.ts'
import { mfaRequirement } from '../../auth/access/mfa-requirement.ts'
import type { OpenForApplication } from '../../auth/login/application.ts'
import { idleLimit } from '../../auth/sessions/idle.ts'
import { isActive, type UsableSession } from '../../auth/sessions/require-active.ts'
import type { ActiveSession, Rights } from '../../auth/sessions/types.ts'
import type { Client } from '../../http/client.ts'
import { secondFactorCheck } from './acr.ts'
import type { Reads } from './reads.ts'
import { requestContextOf, type UserContext } from './request-context.ts'
import { resourceScopes } from './scopes.ts'

export type Grant = InstanceType<Provider['Grant']>

/** What an application was allowed, or asks for. */
export interface Scopes {
  openid: string[]
  /** By resource. */
  resources: Record<string, string[]>
}

export interface Grants {
  /** The grant that an authorization request can use without asking: the browser's, or one like what the user allowed in another browser. */
  existing(ctx: KoaContextWithOIDC): Promise<Grant | undefined>
  /** Allows an application more, or opens a grant for it. @returns the grant's id */
  allow(visit: UserContext, clientId: string, grantId: string | undefined, scopes: Scopes): Promise<string>
  /**
   * The grant of a session that an application has opened by its own login, with what the request asks for.
   * @throws InvalidGrant, after ending the session, if its user has yet to enroll the second factor that MFA_REQUIRED_FOR_ADMIN asks for
   */
  adopt(ctx: KoaContextWithOIDC, session: ActiveSession): Promise<Grant>
  /** The session that a grant is, in use as of now. @throws tokenInvalid if it has ended */
  use(grantId: string): Promise<UsableSession>
  /**
   * Whether its session is live, and its user may use it: see MFA_REQUIRED_FOR_ADMIN. All that reads a grant asks this.
   * @throws InvalidGrant at the token endpoint, of a user without the second factor: an application can tell them what to do
   */
  isActive(grantId: string): Promise<boolean>
  end(grantId: string, client: Client): Promise<void>
  /** The same, if it belongs to this application and user. */
  endOf(grant: { sid: string; sub: string; clientId: string }, client: Client): Promise<void>
  /** The same because an old refresh token came back, or a code. */
  endForReuse(grantId: string, client: Client, kind: 'refresh-token-reused' | 'code-reused'): Promise<void>
}

declare module '#sql/audit-events.ts' {
  interface AuditEventKinds {
    'code-reused': true
  }
}

/** Resolution of the time of last use (ms). */
const TOUCH_INTERVAL_MS = 60_000

/** Of the library, which is assembled later, and in which each request has a context. */
interface Library {
  provider(): Provider
  errors: typeof libraryErrors
  current(): KoaContextWithOIDC | undefined
}

export function createGrants(
  app: FastifyInstance,
  openForApplication: OpenForApplication,
  { sessionOf }: Reads,
  library: Library,
): Grants {
  const { config, db, grantedScopes, sessions } = app
  const idleMs = idleLimit(config)
  const lacksSecondFactor = secondFactorCheck(app)
  const mfaMissing = mfaRequirement(app)
  const mayNotUse = ({ access_role, mfa_enabled }: Rights) => mfaMissing({ access_role, mfa: mfa_enabled })

  async function open({ request, visitor }: UserContext, clientId: string): Promise<Grant> {
    if (!visitor) throw new Error('a grant needs a user who is signed in')
    return grantOf(await openForApplication(visitor.sid, clientId, request.client), clientId)
  }

  function grantOf({ id, user_id }: ActiveSession, clientId: string): Grant {
    const grant = new (library.provider().Grant)({ clientId, accountId: String(user_id) })
    return Object.assign(grant, { jti: id })
  }

  /** Reauthentication after the application's session was opened has to show in its access tokens (`auth_time`, `amr`). */
  async function syncAuthentication(grantId: string, { visitor }: UserContext): Promise<void> {
    const session = await sessionOf(grantId)
    if (!session || visitor?.auth_time === undefined) return
    const amr = visitor.amr?.join(' ') ?? null
    if (Math.floor((session.auth_time ?? 0) / 1000) === visitor.auth_time && session.amr === amr) return
    await recordAuthentication(db, grantId, { auth_time: visitor.auth_time * 1000, amr })
  }

  /** Whether the user allowed the application all of that in another session that is live. */
  async function isAllowedElsewhere({ visitor }: UserContext, clientId: string, asked: Scopes): Promise<boolean> {
    if (!visitor) return false
    const ids = await listSessionsWith(db, { ...visitor, client_id: clientId }, idleMs, config.SESSIONS_MAX)
    const granted = await grantedScopes(ids)
    // A scope belongs to one resource.
    const scopes = new Set([asked.openid, ...Object.values(asked.resources)].flat())
    return granted.values().some(list => scopes.isSubsetOf(new Set(list)))
  }

  /** The session that a grant is, unless it has ended. */
  async function usableSession(grantId: string): Promise<UsableSession | undefined> {
    const session = await sessionOf(grantId)
    return session && isActive(session) && session.rotated_at + idleMs > session.now ? session : undefined
  }

  return {
    async existing(ctx) {
      const { client, session, result } = ctx.oidc
      if (!client || !session) return undefined
      const { clientId } = client
      const id = result?.consent?.grantId ?? session.grantIdFor(clientId)
      const own = id ? await library.provider().Grant.find(id) : undefined
      // Nothing is granted before the user has answered.
      const isPending = lacksSecondFactor(ctx) || needsInteraction(ctx)
      if (!own && isPending) return undefined
      const asked = requestedScopes(ctx)
      const isAllowed = client.first_party
        ? !isPending
        : !own && (await isAllowedElsewhere(requestContextOf(ctx), clientId, asked))
      if (!own && !isAllowed) return undefined
      if (own) await syncAuthentication(own.jti, requestContextOf(ctx))
      const grant = own ?? (await open(requestContextOf(ctx), clientId))
      const isChanged = isAllowed && add(grant, asked)
      if (isChanged || !own) await grant.save()
      // The `sid` in all tokens, and in logout tokens, is the id of our session.
      session.sidFor(clientId, grant.jti)
      return grant
    },
    async allow(visit, clientId, grantId, scopes) {
      const own = grantId ? await library.provider().Grant.find(grantId) : undefined
      const grant = own ?? (await open(visit, clientId))
      add(grant, scopes)
      return grant.save()
    },
    async adopt(ctx, session) {
      if (mayNotUse(session)) {
        await sessions.end(session.user_id, session.id, requestContextOf(ctx).request.client)
        throw mfaRequired(library.errors)
      }
      const grant = grantOf(session, String(ctx.oidc.client?.clientId))
      add(grant, requestedScopes(ctx))
      await grant.save()
      return grant
    },
    async use(grantId) {
      const session = await usableSession(grantId)
      if (!session) throw errors.tokenInvalid()
      if (session.rotated_at + TOUCH_INTERVAL_MS <= session.now) await touchSession(db, session)
      return session
    },
    async isActive(grantId) {
      const session = await usableSession(grantId)
      if (!session || !mayNotUse(session)) return session !== undefined
      if (library.current()?.oidc.route === 'token') throw mfaRequired(library.errors)
      return false
    },
    async end(grantId, client) {
      const session = await findSession(db, grantId)
      if (session) await sessions.end(session.user_id, grantId, client)
    },
    async endOf({ sid, sub, clientId }, client) {
      const session = await findSession(db, sid)
      if (session?.client_id !== clientId || String(session.user_id) !== sub) return
      await sessions.end(session.user_id, sid, client)
    },
    async endForReuse(grantId, client, kind) {
      const session = await findSession(db, grantId)
      if (session) await sessions.revokeForReuse(session, client, kind)
    },
  }
}

function mfaRequired({ InvalidGrant }: typeof libraryErrors): Error {
  return Object.assign(new InvalidGrant('mfa-required'), {
    error_description: 'administrators need a second factor, and this one has yet to enroll it',
  })
}

/** Whether the user has to answer an interaction before anything is granted. */
function needsInteraction(ctx: KoaContextWithOIDC): boolean {
  const { oidc } = ctx
  const pending = ['login', 'consent', 'select_account'].some(prompt => oidc.promptPending(prompt))
  // Native applications can be impersonated (RFC 8252, section 8.6), so each request of theirs needs consent.
  return pending || (oidc.client?.applicationType === 'native' && !oidc.result?.consent)
}

/** @returns whether that changed the grant */
function add(grant: Grant, { openid, resources }: Scopes): boolean {
  const before = JSON.stringify([grant.openid, grant.resources])
  if (openid.length > 0) grant.addOIDCScope(openid)
  for (const [resource, scopes] of Object.entries(resources))
    if (scopes.length > 0) grant.addResourceScope(resource, scopes)
  return before !== JSON.stringify([grant.openid, grant.resources])
}

function requestedScopes({ oidc }: KoaContextWithOIDC): Scopes {
  const wanted = resourceScopes(oidc.params?.scope)
  const resources = Object.entries(oidc.resourceServers ?? {}).map(([name, server]) => {
    const known = new Set(server.scope.split(' '))
    return [name, wanted.filter(scope => known.has(scope))]
  })
  return { openid: [...oidc.requestParamOIDCScopes], resources: Object.fromEntries(resources) }
}
