// app.browserLogin: what a login in a browser ends with: the cookie of the new session takes the place of an earlier one, whose session ends.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { ActiveSession } from './sessions/types.ts'
import type { AccessClaims } from './tokens/claims.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Call it when the session is open. Nobody can use the earlier session any more, as its cookie is gone: left open, it would be a device that its user
     * cannot sign out but from a list. It is ended whoever it belonged to, as their own sign-out.
     * @param remember whether the browser keeps the cookie when it is closed
     */
    browserLogin(
      request: FastifyRequest,
      reply: FastifyReply,
      session: ActiveSession,
      options: { remember: boolean },
    ): Promise<void>
  }
}

export default fp(
  async app => {
    app.decorate('browserLogin', async (request, reply, session, { remember }) => {
      app.sessionCookie.set(reply, session, remember ? {} : { transient: true })
      await endEarlier(app, request, session).catch(err => {
        // The new session is open, and its cookie must arrive.
        request.log.error({ err }, 'earlier session not ended')
      })
    })
  },
  { name: 'browser-login', dependencies: ['access', 'client', 'session-cookie', 'sessions', 'tokens'] },
)

async function endEarlier(app: FastifyInstance, request: FastifyRequest, { id }: ActiveSession): Promise<void> {
  const earlier = await earlierSession(app, request)
  if (!earlier || earlier.sid === id) return
  request.caller = earlier
  await app.sessions.end(earlier.user_id, earlier.sid, request.client)
}

/** Of a cookie that still works: a stolen one of an earlier generation must not sign anybody out. */
async function earlierSession(
  { sessionCookie, sessions, tokens }: FastifyInstance,
  request: FastifyRequest,
): Promise<AccessClaims | undefined> {
  const cookie = sessionCookie.read(request)
  if (cookie === undefined) return undefined
  try {
    const claims = tokens.cookie.verifyIgnoringExpiry(cookie)
    await sessions.renew(claims)
    return claims
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 401) throw error
    return undefined
  }
}
