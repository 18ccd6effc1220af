/** Caches what a request has read: the library reads the same records more than once. */
import type { IncomingMessage } from 'node:http'
import type { Kysely } from 'kysely'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { Token } from '#sql/oauth-tokens.ts'
import { findSession, type SessionWithUser } from '#sql/sessions.ts'
import type { Tables } from '#sql/tables.ts'

export interface Reads {
  /** The session that a grant is. */
  sessionOf(grantId: string): Promise<SessionWithUser | undefined>
  /** A token was read, and with it its grant and session. */
  remember(token: Token): void
  tokenOf(grantId: string): Token | undefined
}

const READ = Symbol('read')

interface Read {
  sessions: Map<string, ReturnType<typeof findSession>>
  tokens: Map<string, Token>
}

export function createReads(db: Kysely<Tables>, current: () => KoaContextWithOIDC | undefined): Reads {
  const empty = (): Read => ({ sessions: new Map(), tokens: new Map() })

  function ofRequest(): Read {
    const request: (IncomingMessage & { [READ]?: Read }) | undefined = current()?.req
    // Outside a request nothing is cached.
    if (!request) return empty()
    request[READ] ??= empty()
    return request[READ]
  }

  return {
    sessionOf(grantId) {
      const { sessions } = ofRequest()
      const session = sessions.get(grantId) ?? findSession(db, grantId)
      sessions.set(grantId, session)
      return session
    },
    remember(token) {
      const { sessions, tokens } = ofRequest()
      sessions.set(token.id, Promise.resolve(token))
      tokens.set(token.id, token)
    },
    tokenOf: grantId => ofRequest().tokens.get(grantId),
  }
}
