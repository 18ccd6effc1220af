import type { FastifyInstance } from 'fastify'

/**
 * Time since its last rotation after which both tokens of a session have expired (ms): access tokens may be configured to live longer than refresh
 * tokens. For lists and limits only: what revokes does not rely on settings, which may have been different when a token was issued.
 */
export function idleLimit(config: FastifyInstance['config']): number {
  return Math.max(config.REFRESH_TOKEN_TTL_SECONDS, config.ACCESS_TOKEN_TTL_SECONDS) * 1000
}
