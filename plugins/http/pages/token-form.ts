import type { FastifyContextConfig, FastifyRequest } from 'fastify'

/** The link still works. */
const TRANSIENT = ['too-many-requests', 'service-unavailable', 'internal-error']

/**
 * What a browser shows for an error of the form behind a mailed link: the form again, as long as its token is valid.
 * @param topic has the pages `form` and `failed`
 * @param mistyped codes of errors that can be corrected in the form
 */
export function tokenForm(topic: string, mistyped: readonly string[]): NonNullable<FastifyContextConfig['errorPage']> {
  return (code, { body }) => {
    const token = tokenIn(body)
    const transient = TRANSIENT.includes(code)
    if (token !== undefined && (transient || mistyped.includes(code)))
      return { name: `${topic}/form`, data: { here: { query: { token } } } }
    return transient ? undefined : { name: `${topic}/failed` }
  }
}

function tokenIn(body: FastifyRequest['body']): string | undefined {
  if (typeof body !== 'object' || body === null || !('token' in body)) return undefined
  return typeof body.token === 'string' ? body.token : undefined
}
