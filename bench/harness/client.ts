/** Single requests: timed over kept-alive connections, or captured with their headers. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Response {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** From sending the request to the last byte of the response. */
  milliseconds: number
}

/** A response as it came over the wire, for a baseline that sends the same. */
export interface Captured {
  status: number
  /** Names and values in turn, without those that `node:http` adds by itself. */
  headers: string[]
  body: string
  etag: string
  keepAliveMs: number
}

const agent = new Agent({ keepAlive: true })

export function call(
  { url }: { url: string },
  method: string,
  path: string,
  { token, payload }: { token?: string; payload?: object } = {},
): Promise<Response> {
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(payload && { 'content-type': 'application/json' }),
  }
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const sent = performance.now()
  request(url + path, { method, agent, headers }, response => {
    let body = ''
    response.setEncoding('utf8').on('data', chunk => {
      body += chunk
    })
    response.once('end', () => {
      const { statusCode: status = 0, headers } = response
      resolve({ status, headers, body, milliseconds: performance.now() - sent })
    })
  })
    .once('error', reject)
    .end(payload && JSON.stringify(payload))
  return promise
}

/** One GET over a kept-alive connection, with the response's headers in their order and case. */
export function capture(url: string, headers: Record<string, string>): Promise<Captured> {
  const { promise, resolve, reject } = Promise.withResolvers<Captured>()
  request(url, { headers: { ...headers, connection: 'keep-alive' }, agent: false }, response => {
    let body = ''
    response.setEncoding('utf8').on('data', chunk => {
      body += chunk
    })
    response.once('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: withoutAutomatic(response.rawHeaders),
        body,
        etag: response.headers.etag ?? '',
        keepAliveMs: Number(/timeout=(\d+)/.exec(String(response.headers['keep-alive']))?.[1] ?? 0) * 1000,
      }),
    )
  })
    .once('error', reject)
    .end()
  return promise
}

function withoutAutomatic(rawHeaders: string[]): string[] {
  const automatic = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding'])
  return rawHeaders.filter((_, index) => !automatic.has(rawHeaders[index - (index % 2)]?.toLowerCase() ?? ''))
}
