import type { FastifyInstance } from 'fastify'
import { CLIENT_ID } from '../tokens/claims.ts'
import type { ActiveSession, Sessions } from './types.ts'

/**
 * The claims are a function of the row alone: a client whose response was lost gets the very same tokens again, and the session
 * never forks.
 */
export function tokenMaker({ config, tokens }: FastifyInstance): Pick<Sessions, 'claimsOf' | 'tokensOf' | 'cookieOf'> {
  function claimsOf(session: ActiveSession) {
    const {
      id: sid,
      user_id,
      generation: gen,
      rotated_at,
      expires_at,
      auth_time,
      amr,
      access_role,
      mfa_enabled,
    } = session
    const iat = Math.floor(rotated_at / 1000)
    const end = Math.floor(expires_at / 1000)
    const common = { sub: String(user_id), iat, sid, gen }
    return {
      access: {
        ...common,
        exp: Math.min(iat + config.ACCESS_TOKEN_TTL_SECONDS, end),
        jti: `${sid}.${gen}`,
        user_id,
        access_role,
        ...(mfa_enabled && { mfa: true as const }),
        ...(auth_time !== null && { auth_time: Math.floor(auth_time / 1000) }),
        ...(amr && { amr: amr.split(' ') }),
      },
      refresh: { ...common, exp: Math.min(iat + config.REFRESH_TOKEN_TTL_SECONDS, end) },
    }
  }

  return {
    claimsOf: session => claimsOf(session).access,
    tokensOf(session) {
      const { access, refresh } = claimsOf(session)
      return {
        token: tokens.access.sign({ ...access, client_id: CLIENT_ID }),
        refresh_token: tokens.refresh.sign(refresh),
        token_type: 'Bearer',
        expires_in: access.exp - access.iat,
        user_id: session.user_id,
      }
    },
    cookieOf(session, { transient } = {}) {
      const { access, refresh } = claimsOf(session)
      const claims = { ...access, ...(transient && { transient }) }
      return { token: tokens.cookie.sign(claims), claims, ...(!transient && { lifetime: refresh.exp - refresh.iat }) }
    },
  }
}
