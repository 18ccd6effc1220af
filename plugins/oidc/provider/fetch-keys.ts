import type { Configuration } from 'oidc-provider'
import type { Config } from '../../config/index.ts'
import { internalHosts } from '../clients/internal-hosts.ts'

/** An application waits for a token meanwhile. */
const TIMEOUT_MS = 2500

/** Fetches the keys that an application publishes: anybody can make us do it, by an assertion in its name. */
export function keyFetcher(config: Config): NonNullable<Configuration['fetch']> {
  const hosts = internalHosts(config)
  return async address => {
    // With the first one, as for logouts.
    const { isAllowed } = await import('../../auth/social/addresses.ts')
    const { send } = await import('../../auth/social/outbound.ts')
    const url = new URL(String(address))
    if (!isAllowed(url, hosts)) throw new Error('the host is not allowed')
    return send(url, hosts.includes(url.hostname), { headers: { accept: 'application/json' } }, TIMEOUT_MS)
  }
}
