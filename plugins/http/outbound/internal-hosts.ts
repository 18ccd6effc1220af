import type { Config } from '../../config/index.ts'

/**
 * The hosts with private addresses that URLs of others may point to: those that the operator named in a setting, and loopback in development.
 * Administrators, who register such URLs, need not be those who operate the network (SSRF).
 * @param named separated by commas
 */
export function internalHosts({ NODE_ENV }: Config, named: string): string[] {
  const hosts = named.split(',').map(host => host.trim().toLowerCase())
  return [...hosts.filter(Boolean), ...(NODE_ENV === 'production' ? [] : ['localhost', '127.0.0.1', '[::1]'])]
}
