/** SSRF: an address that somebody else names may lead to the operator's own network. */
import { lookup as resolve } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { isLoopbackName } from '../../config/oidc-providers.ts'

/** Not reachable from the internet. @see https://www.iana.org/assignments/iana-ipv4-special-registry */
const PRIVATE = {
  ipv4: [
    '0.0.0.0/8',
    '10.0.0.0/8',
    '100.64.0.0/10',
    '127.0.0.0/8',
    '169.254.0.0/16',
    '172.16.0.0/12',
    '192.0.0.0/24',
    '192.168.0.0/16',
    '168.63.129.16/32',
    '198.18.0.0/15',
    '224.0.0.0/3',
  ],
  ipv6: [
    '::/96',
    '::ffff:0:0:0/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/32',
    '2002::/16',
    '5f00::/16',
    'fc00::/7',
    'fe80::/10',
    'fec0::/10',
    'ff00::/8',
  ],
} as const

const blocked = new BlockList()
for (const family of ['ipv4', 'ipv6'] as const)
  for (const network of PRIVATE[family]) {
    const [address = '', bits] = network.split('/')
    blocked.addSubnet(address, Number(bits), family)
  }

/** IPv4 within IPv6 counts as the address that it is. */
function isPrivate(address: string): boolean {
  return blocked.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Whether a request may go there: over TLS, or to this machine if the operator configured that; and to a private address only at a configured host.
 * @param hosts configured ones, as URLs have them
 */
export function isAllowed(url: URL, hosts: readonly string[]): boolean {
  const configured = hosts.includes(url.hostname)
  if (url.protocol === 'http:') return configured && isLoopbackName(url.hostname)
  if (url.protocol !== 'https:' || url.username || url.password) return false
  const literal = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return configured || isIP(literal) === 0 || !isPrivate(literal)
}

/** Resolves names, and hides private addresses behind them: checked where the connection is made, so a name that resolves to another address by then is no way around. */
export const publicLookup: LookupFunction = (hostname, options, callback) =>
  resolve(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, [])
    const addresses = found.filter(({ address }) => !isPrivate(address))
    const [first] = addresses
    if (!first) return callback(new Error(`${hostname} resolves to private addresses only`), [])
    return options.all ? callback(null, addresses) : callback(null, first.address, first.family)
  })
