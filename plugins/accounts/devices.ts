// app.devices: the open sessions of a user, as the devices that people know them by.
import type { Static } from '@sinclair/typebox'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { errors } from '#schemas/errors.ts'
import type { PagingQuery } from '#schemas/pages.ts'
import type { Session, Sessions } from '#schemas/sessions.ts'
import { findLiveSession, type ListedSession, listSessions } from '#sql/live-sessions.ts'
import type { Session as SessionRow } from '#sql/sessions.ts'
import type { User } from '#sql/users.ts'
import type { ChangeCaller } from '../auth/sessions/assert-caller.ts'
import { revokeAndRecord } from '../auth/sessions/end.ts'
import { parseUserAgent } from '../auth/sessions/user-agent.ts'
import type { Client } from '../http/client.ts'

type Device = Static<typeof Session>['device']

declare module 'fastify' {
  interface FastifyInstance {
    devices: {
      /** A page of a user's open sessions, newest first. @param of `sid` is the session that asks @throws requestInvalid for an unknown cursor */
      list(of: Pick<ChangeCaller, 'user_id' | 'sid'>, query: PagingQuery): Promise<Static<typeof Sessions>>
      /** One of them. @throws notFound */
      read(of: Pick<ChangeCaller, 'user_id' | 'sid'>, sessionId: SessionRow['id']): Promise<Static<typeof Session>>
      /** Ends one of the caller's sessions. @throws notFound */
      end(sessionId: SessionRow['id'], caller: ChangeCaller, client: Client): Promise<void>
      /** Ends all of the caller's sessions but the one that asks. @throws tokenInvalid, userNotFound */
      endOthers(caller: ChangeCaller, client: Client): Promise<void>
      /** An administrator ends one session of a user. @throws notFound, userNotFound, tokenInvalid, reauthenticationRequired */
      endOf(userId: User['id'], sessionId: SessionRow['id'], by: Administrator): Promise<void>
      /** An administrator ends all sessions of a user. @throws userNotFound, tokenInvalid, reauthenticationRequired */
      endAllOf(userId: User['id'], by: Administrator): Promise<void>
      /** What a `User-Agent` header says: names of browsers and systems that are known, and null for others. */
      describe(userAgent: string | null): Device
      /** Audit events, each with its device described. */
      describeIn<Event extends { device: string | null }>(
        events: Event[],
      ): (Omit<Event, 'device'> & { device: Device | null })[]
    }
  }
}

/** The request of one. */
type Administrator = Pick<FastifyRequest, 'user' | 'client' | 'stepUp'>

export default fp(async app => void app.decorate('devices', devices(app)), {
  name: 'devices',
  dependencies: ['changes', 'config', 'db', 'granted-scopes', 'pagination', 'sessions'],
})

function devices(app: FastifyInstance): FastifyInstance['devices'] {
  const { accounts, config, db, pagination, sessions } = app
  const idleMs = config.REFRESH_TOKEN_TTL_SECONDS * 1000

  return {
    async list({ user_id, sid }, query) {
      const { limit, after } = pagination.read(query)
      const { results, next_cursor } = pagination.cut(
        await listSessions(db, user_id, idleMs, limit + 1, after),
        limit,
        row => row.id,
      )
      const scopes = await scopesOf(app, results)
      return { results: results.map(session => serialize(session, scopes, sid)), next_cursor }
    },
    async read({ user_id, sid }, id) {
      const session = await findLiveSession(db, { id, user_id }, idleMs)
      if (!session) throw errors.notFound()
      return serialize(session, await scopesOf(app, [session]), sid)
    },
    async end(sessionId, { user_id }, client) {
      if (!(await sessions.end(user_id, sessionId, client))) throw errors.notFound()
    },
    endOthers: (caller, client) =>
      accounts.change(caller.user_id, client, (_tx, _user, effects) => effects.endSessions({ except: caller.sid }), {
        caller,
      }),
    endOf: (userId, sessionId, { user: caller, client, stepUp }) =>
      accounts.change(
        userId,
        client,
        async (tx, _user, effects) => {
          if (!(await revokeAndRecord(tx, userId, sessionId, client))) throw errors.notFound()
          effects.revoke(sessionId, Infinity)
        },
        { caller, stepUp },
      ),
    endAllOf: (userId, { user: caller, client, stepUp }) =>
      accounts.change(userId, client, (_tx, _user, effects) => effects.endSessions(), { caller, stepUp }),
    describe,
    describeIn: events => events.map(event => ({ ...event, device: event.device ? describe(event.device) : null })),
  }
}

function serialize(session: ListedSession, scopes: GrantedScopes, current: string) {
  const { id, user_agent, ip, created_at, rotated_at } = session
  return {
    id,
    device: describe(user_agent),
    application: applicationOf(session, scopes),
    ip,
    created: new Date(created_at).toISOString(),
    last_used: new Date(rotated_at).toISOString(),
    current: id === current,
  }
}

type OfApplication = Pick<ListedSession, 'id' | 'client_id' | 'application_name'>
type GrantedScopes = Map<SessionRow['id'], string[]>

/** What the applications of these sessions may do. */
export function scopesOf(
  { grantedScopes }: Pick<FastifyInstance, 'grantedScopes'>,
  sessions: OfApplication[],
): Promise<GrantedScopes> {
  return grantedScopes(sessions.filter(({ client_id }) => client_id !== null).map(({ id }) => id))
}

/** What a session's user knows its application by, and has allowed it. */
export function applicationOf({ id, client_id, application_name }: OfApplication, scopes: GrantedScopes) {
  return client_id === null ? null : { client_id, name: application_name, scopes: scopes.get(id) ?? [] }
}

function describe(user_agent: string | null): Device {
  const { browser, os, platform } = parseUserAgent(user_agent)
  const words = (part: typeof browser) => (part ? [part.name, part.version].filter(Boolean).join(' ') : null)
  return {
    browser: words(browser),
    os: words(os),
    platform: platform ?? null,
    user_agent,
  }
}
