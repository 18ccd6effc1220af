import { isIP } from 'node:net'

/**
 * Whether pages of this host may use passkeys of the relying party: it is the host, or a domain above it with at least two labels. That it is no
 * public suffix (`co.uk`) is checked by browsers.
 * @see https://html.spec.whatwg.org/multipage/browsers.html#is-a-registrable-domain-suffix-of-or-is-equal-to
 */
export function isRelyingPartyOf(host: string, rpId: string): boolean {
  if (host === rpId) return true
  return isIP(host) === 0 && rpId.includes('.') && host.endsWith(`.${rpId}`)
}
