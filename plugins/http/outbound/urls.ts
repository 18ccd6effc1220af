/** Validation of URLs that requests or people are sent to. Each function returns the problem, for `details` of the error. */

/** RFC 3986 without the asterisk, which other servers treat as a wildcard. */
const CHARACTERS = /^[\w\-.~:/?#[\]@!$&'()+,;=%]+$/

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * @param loopback allows `http` on loopback hosts
 * @param exception when it does, for the text
 */
export function problemOfUrl(
  text: string,
  { loopback, exception = 'in development' }: { loopback: boolean; exception?: string },
): string | undefined {
  const problem = problemOfUri(text)
  if (problem) return problem
  const { protocol, origin, hostname } = new URL(text)
  const mustUseHttps = `must use https; http is for localhost, 127.0.0.1 and [::1], ${exception}`
  if (protocol !== 'https:' && protocol !== 'http:') return mustUseHttps
  // Compared as written: people must not read another host than parsers resolve.
  const isCanonical = text.toLowerCase().startsWith(origin) && /^([:/?]|$)/.test(text.slice(origin.length))
  if (!isWeb(text) || !isCanonical) return 'must be an absolute URL, its host in canonical form'
  return protocol === 'https:' || (loopback && LOOPBACK.has(hostname)) ? undefined : mustUseHttps
}

export function problemOfUri(text: string): string | undefined {
  if (text.includes('*')) return 'must have no wildcard'
  if (!CHARACTERS.test(text)) return 'must be a URI, with other characters percent-encoded'
  if (text.includes('#')) return 'must have no fragment'
  const url = URL.parse(text)
  if (!url) return 'must be absolute'
  return url.username || url.password || /^[^/?]*\/\/[^/?]*@/.test(text) ? 'must have no userinfo' : undefined
}

export const isWeb = (text: string) => /^https?:\/\/[^/?]/i.test(text)
