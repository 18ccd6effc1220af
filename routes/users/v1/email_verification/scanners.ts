/** Who may use up a mailed link by GET. */
import type { FastifyRequest } from 'fastify'

const BOT = /bot|crawl|spider|scan|preview|prefetch|safelink|barracuda|proofpoint|mimecast/i

/**
 * Does the request come from something other than an API client: a browser, a mail scanner, a link preview? It gets a page, and consumes nothing.
 * Scanners claim to be browsers as a rule, and ask for anything.
 */
export function isNoApiClient({ headers }: FastifyRequest): boolean {
  const { accept = '', 'user-agent': agent = '' } = headers
  if (accept.includes('text/html')) return true
  if (headers['sec-fetch-mode'] === 'navigate' || headers.purpose !== undefined || headers['sec-purpose'] !== undefined)
    return true
  if (BOT.test(agent)) return true
  return agent.startsWith('Mozilla/') && !accept.includes('application/json')
}
