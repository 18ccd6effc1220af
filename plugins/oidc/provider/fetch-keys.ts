import type { FastifyInstance } from 'fastify'
import type { Configuration } from 'oidc-provider'
import { internalHosts } from '../../http/outbound/internal-hosts.ts'

/** An application waits for a token meanwhile. */
const TIMEOUT_MS = 2500

/** Fetches the keys that an application publishes: anybody can make us do it, by an assertion in its name. */
export function keyFetcher({ config, outbound }: FastifyInstance): NonNullable<Configuration['fetch']> {
  const request = {
    headers: { accept: 'application/json' },
    internalHosts: internalHosts(config, config.OAUTH_INTERNAL_HOSTS),
    timeoutMs: TIMEOUT_MS,
  }
  return address => outbound(new URL(String(address)), request)
}
