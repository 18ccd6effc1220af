/** Validation of a client's URIs. Each function returns the problem, for `details` of the error. */

/** RFC 3986 without the asterisk, which other servers treat as a wildcard. */
const CHARACTERS = /^[\w\-.~:/?#[\]@!$&'()+,;=%]+$/

const REVERSED_DOMAIN = /^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:/

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** @see https://www.rfc-editor.org/rfc/rfc8252#section-7 @see https://www.rfc-editor.org/rfc/rfc9700#section-2.1 */
export function problemOfRedirectUri(
  uri: string,
  { native, development }: { native: boolean; development: boolean },
): string | undefined {
  if (isWeb(uri)) return problemOfUrl(uri, { loopback: native || development })
  const problem = problemOfUri(uri)
  if (problem) return problem
  if (!native) return 'must use https; other schemes are for native applications'
  if (!REVERSED_DOMAIN.test(uri))
    return 'must have the reversed domain name of the application as its scheme, such as com.example.app:/callback'
  return undefined
}

/** @param loopback allows `http` on loopback hosts */
export function problemOfUrl(text: string, { loopback }: { loopback: boolean }): string | undefined {
  const problem = problemOfUri(text)
  if (problem) return problem
  const { protocol, origin, hostname } = new URL(text)
  // Compared as written: people must not read another host than parsers resolve.
  if (!isWeb(text) || !text.toLowerCase().startsWith(origin))
    return 'must be an absolute URL, its host in canonical form'
  if (protocol === 'https:' || (loopback && LOOPBACK.has(hostname))) return undefined
  return 'must use https; http is for localhost, 127.0.0.1 and [::1], by native applications and in development'
}

function problemOfUri(text: string): string | undefined {
  if (text.includes('*')) return 'must have no wildcard'
  if (!CHARACTERS.test(text)) return 'must be a URI, with other characters percent-encoded'
  if (text.includes('#')) return 'must have no fragment'
  const url = URL.parse(text)
  if (!url) return 'must be absolute'
  return url.username || url.password || /^[^/?]*\/\/[^/?]*@/.test(text) ? 'must have no userinfo' : undefined
}

const isWeb = (text: string) => /^https?:\/\/[^/?]/i.test(text)
