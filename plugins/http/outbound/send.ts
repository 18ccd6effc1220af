/** A request to another service, and its response. */
import { request as requestHttp } from 'node:http'
import { Agent, globalAgent, request as requestHttps } from 'node:https'
import { isAllowed, publicLookup } from './addresses.ts'
import { AddressNotAllowed, ResponseTooLarge } from './errors.ts'

export interface OutboundRequest {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
  /** Hosts that the operator named, as URLs have them: these may have private addresses, and be reached without TLS on this machine. */
  internalHosts: readonly string[]
  /** Until the response is complete. */
  timeoutMs: number
}

/**
 * Connections to public addresses have a pool of their own: the key of a pool is the host, so a connection that one setting allows to a private address
 * would be taken for a request that may not go there.
 */
const publicAgent = new Agent({ ...globalAgent.options, lookup: publicLookup })

/** Larger than any key set or profile. */
const RESPONSE_MAX_BYTES = 1024 * 1024

/** Some may come before the response (RFC 9110, section 15.2); each costs work. */
const INTERIM_RESPONSES_MAX = 10

export function send(url: URL, options: OutboundRequest): Promise<Response> {
  const { method = 'GET', headers = {}, body, internalHosts, timeoutMs } = options
  if (!isAllowed(url, internalHosts)) return Promise.reject(new AddressNotAllowed())
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const timeout = AbortSignal.timeout(timeoutMs)
  const request = url.protocol === 'https:' ? requestHttps : requestHttp
  const outgoing = request(url, {
    method,
    headers: { ...headers, 'user-agent': 'holocron', 'accept-encoding': 'identity' },
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
    ...(!internalHosts.includes(url.hostname) && { agent: publicAgent }),
  })
  outgoing.on('error', reject)
  let interim = 0
  outgoing.on('information', () => {
    if (++interim > INTERIM_RESPONSES_MAX) outgoing.destroy(new Error('too many interim responses'))
  })
  outgoing.on('upgrade', (_incoming, socket) => {
    socket.destroy()
    reject(new Error('another protocol is wanted'))
  })
  outgoing.on('response', async incoming => {
    try {
      const chunks: Buffer[] = []
      let size = 0
      for await (const chunk of incoming) {
        size += chunk.length
        if (size > RESPONSE_MAX_BYTES) throw new ResponseTooLarge()
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
