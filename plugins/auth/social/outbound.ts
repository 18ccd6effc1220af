/** Requests to a provider: bounded in time, size and addresses, without redirects. */
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isAllowed, publicLookup } from './addresses.ts'
import { type Circuit, SingleFailure } from './circuit.ts'
import type { Provider, ProviderFetch, ProviderRequest } from './types.ts'

/** Larger than any key set or profile. */
const RESPONSE_MAX_BYTES = 1024 * 1024
const RETRY_AFTER_MAX_SECONDS = 3600

/** @param circuitOf of an endpoint: one may fail while another responds */
export function createFetch(
  { hosts }: Provider,
  circuitOf: (endpoint: string) => Circuit,
  timeoutMs: number,
): ProviderFetch {
  return (url, options = {}) => {
    const target = URL.parse(url)
    return circuitOf(`${target?.origin}${target?.pathname}`).run(async () => {
      if (!target || !isAllowed(target, hosts)) throw new Error('the provider names an address that is not allowed')
      const response = await send(target, hosts.includes(target.hostname), options, timeoutMs)
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

/** @param configured whether the operator named the host, so that it may have a private address */
export function send(url: URL, configured: boolean, options: ProviderRequest, timeoutMs: number): Promise<Response> {
  const { method = 'GET', headers = {}, body } = options
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const timeout = AbortSignal.timeout(timeoutMs)
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const outgoing = request(url, {
    method,
    headers: { ...headers, 'user-agent': 'holocron', 'accept-encoding': 'identity' },
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    ...(!configured && { lookup: publicLookup }),
  })
  outgoing.on('error', reject)
  outgoing.on('upgrade', (_incoming, socket) => {
    socket.destroy()
    reject(new Error('the provider wants another protocol'))
  })
  outgoing.on('response', async incoming => {
    try {
      const chunks: Buffer[] = []
      let size = 0
      for await (const chunk of incoming) {
        size += chunk.length
        if (size > RESPONSE_MAX_BYTES) throw new SingleFailure('the response of the provider is too large', 1)
        chunks.push(chunk)
      }
      const { statusCode: status = 0 } = incoming
      const bodyless = [204, 205, 304].includes(status)
      resolve(new Response(bodyless ? null : Buffer.concat(chunks), { status, headers: headersOf(incoming.headers) }))
    } catch (error) {
      reject(error)
    } finally {
      incoming.destroy()
    }
  })
  outgoing.end(body === null || body === undefined ? undefined : String(body))
  return promise
}

function headersOf(headers: NodeJS.Dict<string | string[]>): Headers {
  return new Headers(Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]))
}
