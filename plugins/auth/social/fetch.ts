/** Requests to a provider, of which failing ones are not repeated for a while. */
import type { FastifyInstance } from 'fastify'
import { AddressNotAllowed, ResponseTooLarge } from '../../http/outbound/errors.ts'
import { type Circuit, SingleFailure } from './circuit.ts'
import type { Provider, ProviderFetch } from './types.ts'

const RETRY_AFTER_MAX_SECONDS = 3600

/** @param circuitOf of an endpoint: one may fail while another responds */
export function createFetch(
  outbound: FastifyInstance['outbound'],
  { hosts }: Provider,
  circuitOf: (endpoint: string) => Circuit,
  timeoutMs: number,
): ProviderFetch {
  return (address, options = {}) => {
    const url = URL.parse(address)
    return circuitOf(`${url?.origin}${url?.pathname}`).run(async () => {
      if (!url) throw new AddressNotAllowed()
      const response = await outbound(url, { ...options, internalHosts: hosts, timeoutMs }).catch(error => {
        throw error instanceof ResponseTooLarge ? new SingleFailure(error.message, 1) : error
      })
      assertUsable(response)
      return response
    })
  }
}

/** @throws for what says that the provider fails, rather than the login */
function assertUsable({ status, headers }: Response): void {
  const limited = headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after')
  if (status === 429 || (status === 403 && limited))
    throw new SingleFailure('the provider limits requests', secondsToWait(headers))
  if (status >= 500) throw new Error(`the provider responded ${status}`)
}

function secondsToWait(headers: Headers): number {
  const reset = Number(headers.get('x-ratelimit-reset')) - Date.now() / 1000
  const seconds = Number(headers.get('retry-after')) || Math.ceil(reset)
  return seconds > 0 ? Math.min(seconds, RETRY_AFTER_MAX_SECONDS) : 30
}
