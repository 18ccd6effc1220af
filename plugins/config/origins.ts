/** `https://app.example`, or an app's `capacitor://localhost`. */
const ORIGIN = /^([a-z][a-z\d+.-]*):\/\/((?:\[[\da-f:.]+\]|[^\s/?#@*\\:[\]]+)(?::\d+)?)$/i

/** Browsers send `Origin: null` for these. */
const OPAQUE = new Set(['about', 'blob', 'data', 'file', 'filesystem', 'javascript'])

/**
 * A list of origins as browsers send them: lower case, hosts in ASCII, without the default port.
 * @throws {Error} for what no browser sends: a path, a wildcard, `null`
 * @see https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
 */
export function parseOrigins(list: string): string[] {
  return list.trim() === '' ? [] : list.split(',').map(part => parseOrigin(part.trim()))
}

function parseOrigin(text: string): string {
  const [, scheme = '', host = ''] = ORIGIN.exec(text) ?? []
  const origin = serialize(scheme.toLowerCase(), host)
  if (origin === undefined) throw new Error('has an entry that is no origin: neither a path nor a wildcard can match')
  return origin
}

function serialize(scheme: string, host: string): string | undefined {
  const url = URL.parse(`${scheme}://${host}`)
  if (!url?.host || OPAQUE.has(scheme)) return undefined
  // Of schemes that it does not know, such as those of hybrid apps, URL has no origin.
  return url.origin === 'null' ? `${scheme}://${host.toLowerCase()}` : url.origin
}
