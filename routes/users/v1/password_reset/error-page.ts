import type { FastifyRequest } from 'fastify'

/** The link still works. */
const TRANSIENT = ['too-many-requests', 'service-unavailable', 'internal-error']
const MISTYPED = ['password-invalid', 'password-too-common']

/** What a browser shows for an error: the form again, as long as its token is valid. */
export function errorPage(code: string, { body }: Pick<FastifyRequest, 'body'>): { name: string } | undefined {
  const transient = TRANSIENT.includes(code)
  if (hasToken(body) && (transient || MISTYPED.includes(code))) return { name: 'reset/form' }
  return transient ? undefined : { name: 'reset/failed' }
}

function hasToken(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'token' in body && typeof body.token === 'string'
}
