import { isIP } from 'node:net'

/**
 * Whether browsers may treat two URLs as the same site: same scheme, and same host or a common domain of at least two labels. That this domain is
 * no public suffix (`co.uk`) is known to browsers alone.
 * @see https://html.spec.whatwg.org/multipage/browsers.html#same-site
 */
export function mayBeSameSite(one: URL, other: URL): boolean {
  if (one.protocol !== other.protocol) return false
  return one.hostname === other.hostname || (domainOf(one) !== undefined && domainOf(one) === domainOf(other))
}

/** The last two labels of a host, if it has them. */
function domainOf({ hostname }: URL): string | undefined {
  return isIP(hostname) === 0 ? /[^.]+\.[^.]+$/.exec(hostname)?.[0] : undefined
}
