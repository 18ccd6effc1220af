import type { Config } from '../../config/index.ts'

/**
 * The hosts with private addresses that a client's URLs may point to: those of OAUTH_INTERNAL_HOSTS, and loopback in development. Administrators who
 * register clients need not be those who operate the network (SSRF).
 */
export function internalHosts({ NODE_ENV, OAUTH_INTERNAL_HOSTS }: Config): string[] {
  const named = OAUTH_INTERNAL_HOSTS.split(',').map(host => host.trim().toLowerCase())
  return [...named.filter(Boolean), ...(NODE_ENV === 'production' ? [] : ['localhost', '127.0.0.1', '[::1]'])]
}
