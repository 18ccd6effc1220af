// app.sessions: opens, rotates and revokes sessions, and makes their tokens. The row in `sessions` is the truth of each.
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Transaction } from 'kysely'
import { errors } from '#schemas/errors.ts'
import { addAuditEvent } from '#sql/audit-events.ts'
import { transaction } from '#sql/connection/transaction.ts'
import {
  activeSessions,
  advanceGeneration,
  findSession,
  insertSession,
  revokeSession,
  type Session,
  type SessionWithUser,
  touchSession,
} from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'
import { recordLogin, type User } from '#sql/users.ts'
import { type Client, deviceOf } from '../../http/client.ts'
import type { AccessClaims, RefreshClaims } from '../tokens/claims.ts'

declare module 'fastify' {
  interface FastifyInstance {
    sessions: Sessions
  }
}

export interface Tokens {
  token: string
  refresh_token: string
  token_type: 'Bearer'
  /** Life of `token` (seconds). */
  expires_in: number
  user_id: string
}

/** What tokens are made from. */
export type LiveSession = Pick<Session, 'id' | 'user_id' | 'generation' | 'rotated_at' | 'expires_at'> & Rights

/** What tokens say of the session's user. */
type Rights = Pick<User, 'access_role' | 'mfa_enabled'>

interface Sessions {
  /** Opens a session for a user whose password was just verified; undefined where the account changed meanwhile (other hash, disabled, deleted). */
  open(
    user: User,
    client: Client,
    options?: {
      /** A fresh hash of the same password. */
      rehashed?: string | undefined
      /** Uses up, in the same transaction, what was proved: if it throws, nothing is opened. */
      use?: (tx: Transaction<Tables>) => Promise<void>
    },
  ): Promise<LiveSession | undefined>
  /** The tokens of a session's current generation: the very same ones however often one asks. */
  tokensOf(session: LiveSession): Tokens
  /**
   * Exchanges a refresh token for the next generation of tokens. The one before the current, within the grace, gets the current ones again.
   * @throws tokenInvalid also for an older one, which is theft and ends the session; tokenExpired; userNotFound
   * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14
   */
  rotate(refresh: RefreshClaims, client: Client): Promise<Tokens>
  /** What a browser's cookie holds for this session, and how long it is to be kept (seconds). */
  cookieOf(session: LiveSession): { token: string; claims: Omit<AccessClaims, 'iss' | 'aud'>; lifetime: number }
  /**
   * Lets the session of an expired cookie go on, if it lives: asked of the database, so that no revocation is ever forgotten.
   * @throws tokenInvalid, tokenExpired
   */
  renew(claims: Pick<AccessClaims, 'sid' | 'gen'>): Promise<LiveSession>
  /** Ends a session of this user: its tokens are dead here when this returns, and elsewhere within milliseconds. False where there is none that lives. */
  end(userId: string, sessionId: string, client: Client): Promise<boolean>
  /**
   * Ends the sessions of a user, all or all but one. The user's row is to be locked before: a login in progress is waited for, seen and ended.
   * @returns the ids of the ended sessions, whose revocation the caller publishes after the commit
   */
  endAll(tx: Transaction<Tables>, userId: string, client: Client, except?: string): Promise<string[]>
}

const DAY_MS = 86_400_000

export default fp(
  async app => {
    app.decorate('sessions', sessions(app))
    // An ended session stays until every process has read that it ended.
    const retention = DAY_MS + app.config.ACCESS_TOKEN_TTL_SECONDS * 1000
    app.cleanUp.add({ table: 'sessions', key: 'id', time: 'revoked_at', retention })
    app.cleanUp.add({ table: 'sessions', key: 'id', time: 'expires_at', retention })
  },
  { name: 'sessions', dependencies: ['clean-up', 'config', 'db', 'tokens', 'revocations'] },
)

function sessions({ config, db, tokens, revocations }: FastifyInstance): Sessions {
  /** Without a rotation for so long, a session's refresh token has expired (ms). */
  const idle = config.REFRESH_TOKEN_TTL_SECONDS * 1000
  /** … and where access tokens are made to live longer than that, they have expired too (ms). */
  const inUse = Math.max(idle, config.ACCESS_TOKEN_TTL_SECONDS * 1000)

  /** What tokens of one generation claim is a function of the row alone: whoever asks again gets the very same ones. */
  function claimsOf(session: LiveSession) {
    const { id: sid, user_id, generation: gen, rotated_at, expires_at, access_role, mfa_enabled } = session
    const iat = Math.floor(rotated_at / 1000)
    const end = Math.floor(expires_at / 1000)
    const common = { sub: user_id, iat, sid, gen }
    return {
      access: {
        ...common,
        exp: Math.min(iat + config.ACCESS_TOKEN_TTL_SECONDS, end),
        jti: `${sid}.${gen}`,
        user_id,
        access_role,
        ...(mfa_enabled && { mfa: true as const }),
      },
      refresh: { ...common, exp: Math.min(iat + config.REFRESH_TOKEN_TTL_SECONDS, end) },
    }
  }

  function tokensOf(session: LiveSession): Tokens {
    const { access, refresh } = claimsOf(session)
    return {
      token: tokens.access.sign(access),
      refresh_token: tokens.refresh.sign(refresh),
      token_type: 'Bearer',
      expires_in: access.exp - access.iat,
      user_id: session.user_id,
    }
  }

  /** The session as it is, if its tokens may go on: it lives, and so does its user's right to it. */
  function alive(session: SessionWithUser | undefined): SessionWithUser & Rights {
    if (!session) throw errors.tokenInvalid()
    const { access_role, mfa_enabled } = session
    if (access_role === null || mfa_enabled === null) throw errors.userNotFound()
    if (session.revoked_at !== null || session.disabled) throw errors.tokenInvalid()
    if (session.expires_at <= session.now) throw errors.tokenExpired()
    return { ...session, access_role, mfa_enabled }
  }

  async function rotate(refresh: RefreshClaims, client: Client): Promise<Tokens> {
    const session = alive(await findSession(db, refresh.sid))
    if (refresh.gen > session.generation) throw errors.tokenInvalid()
    if (refresh.gen < session.generation) return answerAgain(session, refresh, client)
    if (!(await advanceGeneration(db, session))) return rotate(refresh, client)
    const next = { ...session, generation: session.generation + 1, rotated_at: session.now }
    await revocations.publish(next.id, next.generation)
    return tokensOf(next)
  }

  async function answerAgain(
    session: SessionWithUser & Rights,
    refresh: RefreshClaims,
    client: Client,
  ): Promise<Tokens> {
    // Where the clock was put back, the rotation seems to be ahead of us.
    const sinceRotation = Math.max(0, session.now - session.rotated_at)
    const lostAnswer = refresh.gen === session.generation - 1 && sinceRotation < config.REFRESH_GRACE_SECONDS * 1000
    if (!lostAnswer) {
      await endStolen(session, client)
      throw errors.tokenInvalid()
    }
    // Who rotated may have died before telling anybody.
    await revocations.publish(session.id, session.generation)
    return tokensOf(session)
  }

  async function endStolen({ id, user_id }: SessionWithUser, client: Client): Promise<void> {
    await transaction(db, async tx => {
      if (await revokeSession(tx, id, user_id))
        await addAuditEvent(tx, { kind: 'refresh-token-reused', user_id, session_id: id, ...deviceOf(client) })
    })
    await revocations.publish(id, Infinity)
  }

  return {
    async open(user, client, { rehashed, use } = {}) {
      const lifetime = config.SESSION_TTL_SECONDS * 1000
      const session = await transaction(db, async tx => {
        if (!(await recordLogin(tx, user, rehashed))) return undefined
        await use?.(tx)
        if (config.LOGIN_POLICY === 'single' && (await activeSessions(tx, user.id, idle)).length > 0)
          throw errors.userAlreadyLoggedIn()
        const opened = await insertSession(tx, { user_id: user.id, lifetime, ...deviceOf(client) })
        await addAuditEvent(tx, { kind: 'logged-in', user_id: user.id, session_id: opened.id, ...deviceOf(client) })
        return opened
      })
      const { access_role, mfa_enabled } = user
      return session && { ...session, access_role, mfa_enabled }
    },
    tokensOf,
    cookieOf(session) {
      const { access, refresh } = claimsOf(session)
      return { token: tokens.cookie.sign(access), claims: access, lifetime: refresh.exp - refresh.iat }
    },
    rotate,
    async renew({ sid, gen }) {
      const row = await findSession(db, sid)
      // Of a deleted user: a cookie like any other that lives no more, on whatever route it comes to.
      if (row?.access_role === null) throw errors.tokenInvalid()
      const session = alive(row)
      if (gen !== session.generation) throw errors.tokenInvalid()
      if (session.rotated_at + idle <= session.now) throw errors.tokenExpired()
      if (!(await touchSession(db, session))) throw errors.tokenInvalid()
      return { ...session, rotated_at: session.now }
    },
    async end(userId, sessionId, client) {
      const ended = await transaction(db, async tx => {
        const revoked = await revokeSession(tx, sessionId, userId)
        if (revoked)
          await addAuditEvent(tx, {
            kind: 'session-ended',
            user_id: userId,
            session_id: sessionId,
            ...deviceOf(client),
          })
        return revoked
      })
      // Told again where the session had ended already: whoever ended it may have died before telling. But only if it is the user's.
      const own = ended || (await findSession(db, sessionId))?.user_id === userId
      if (own) await revocations.publish(sessionId, Infinity)
      return ended
    },
    async endAll(tx, userId, client, except) {
      const ended = (await activeSessions(tx, userId, inUse)).map(session => session.id).filter(id => id !== except)
      for (const id of ended) {
        await revokeSession(tx, id, userId)
        await addAuditEvent(tx, { kind: 'session-ended', user_id: userId, session_id: id, ...deviceOf(client) })
      }
      return ended
    },
  }
}
