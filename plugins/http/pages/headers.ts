import type { FastifyRequest } from 'fastify'
import type { PageData } from './context.ts'

/** Allows what pages consist of, all of it ours. @see https://www.w3.org/TR/CSP3/ */
export function pageHeaders({ server }: FastifyRequest, { script, next }: PageData): Record<string, string> {
  const { APP_LOGO, PUBLIC_URL } = server.config
  const policy = {
    'default-src': ["'none'"],
    'style-src': ["'self'"],
    'img-src': ["'self'", ...(APP_LOGO ? [APP_LOGO] : [])],
    ...(script && { 'script-src': ["'self'"], 'connect-src': ["'self'"] }),
    // Chromium applies it to where a form is redirected, too.
    'form-action': ["'self'", ...otherOrigins(next, PUBLIC_URL)],
    'base-uri': ["'none'"],
    'frame-ancestors': ["'none'"],
  }
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': Object.entries(policy)
      .map(([directive, sources]) => [directive, ...sources].join(' '))
      .join('; '),
  }
}

function otherOrigins(next: string | undefined, ours: string): string[] {
  const { origin, protocol } = new URL(next || ours, ours)
  if (origin === new URL(ours).origin) return []
  // An application on the visitor's device has a scheme of its own, and no origin.
  return [origin === 'null' ? protocol : origin]
}
