/**
 * DNS rebinding: a web page whose host name resolves to this machine counts as our own origin to its browser, and could read the mails. It cannot
 * choose the Host header. (It can send `X-Forwarded-Host`, which is not looked at.)
 */
export function isOwnHost(header: string | undefined, publicUrl: string): boolean {
  const url = URL.parse(`http://${header}`)
  if (!url) return false
  const { hostname } = url
  return hostname === new URL(publicUrl).hostname || LOOPBACK.test(hostname)
}

const LOOPBACK = /^(?:(?:[\w-]+\.)*localhost|127(?:\.\d+){3}|\[::1\])$/
