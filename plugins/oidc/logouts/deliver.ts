import type { FastifyInstance } from 'fastify'
import { deleteLogout, type OAuthLogout, postponeLogout, postponeLogoutsOf } from '#sql/oauth-logouts.ts'
import { AddressNotAllowed } from '../../http/outbound/errors.ts'
import { internalHosts } from '../../http/outbound/internal-hosts.ts'
import { retryDelay } from '../../http/outbound/retry-delay.ts'
import { logoutTokens } from './logout-token.ts'

const ATTEMPTS_MAX = 10

/** Sends a logout token to a client, with retries and exponential backoff for about five hours. */
export function delivery(app: FastifyInstance, timeoutMs: number) {
  const { db, log } = app
  const sign = logoutTokens(app)
  const hosts = internalHosts(app.config, app.config.OAUTH_INTERNAL_HOSTS)

  async function post(logout: OAuthLogout, signal: AbortSignal): Promise<void> {
    const body = `${new URLSearchParams({ logout_token: await sign(logout) })}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body.length) }
    const request = { method: 'POST', headers, body, signal, internalHosts: hosts, timeoutMs }
    const { status } = await app.outbound(new URL(logout.uri), request).catch(error => {
      throw error instanceof AddressNotAllowed ? new Rejected(error.message) : error
    })
    if (status === 200 || status === 204) return
    throw status < 500 ? new Rejected(`responded ${status}`) : new Error(`responded ${status}`)
  }

  return async (logout: OAuthLogout, signal: AbortSignal): Promise<void> => {
    const { attempts, client_id, session_id } = logout
    const details = { client_id, session_id, attempts }
    const failure = await post(logout, signal).then(
      () => undefined,
      error => error as Error,
    )
    if (!failure) {
      await deleteLogout(db, logout)
      return log.info(details, 'logout token delivered')
    }
    const reason = failure.message
    if (attempts >= ATTEMPTS_MAX) {
      await deleteLogout(db, logout)
      return log.error({ ...details, reason }, 'logout token delivery given up')
    }
    const due = Date.now() + retryDelay(attempts)
    await postponeLogout(db, logout, due)
    if (!(failure instanceof Rejected)) await postponeLogoutsOf(db, client_id, due)
    log.warn({ ...details, reason }, 'logout token delivery failed, retrying')
  }
}

/** The client responded, or its host is not allowed: its other logouts need not wait. */
class Rejected extends Error {}
