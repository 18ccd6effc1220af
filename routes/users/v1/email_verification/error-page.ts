import type { FastifyRequest } from 'fastify'

/** The link still works. */
const TRANSIENT = ['too-many-requests', 'service-unavailable', 'internal-error']
const MISTYPED = ['password-wrong', 'too-many-attempts']

/** What a browser shows for an error: the form again, as long as its token is valid. */
export function errorPage(code: string, { body }: Pick<FastifyRequest, 'body'>): { name: string } | undefined {
  const transient = TRANSIENT.includes(code)
  if (hasToken(body) && (transient || MISTYPED.includes(code))) return { name: 'verification/form' }
  return transient ? undefined : { name: 'verification/failed' }
}

function hasToken(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'token' in body && typeof body.token === 'string'
}
