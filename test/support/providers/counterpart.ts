/** What the providers that tests log in with share: a real HTTP server on a free port, and the faults it can have. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Test } from '../app.ts'

/**
 * What a request gets instead of its response. `hold`: nothing until `heal`, and then the response. `reset`: the connection is reset.
 * `truncated`: half of a body. `redirect`: to the path `/elsewhere` of the same server.
 */
export type Fault =
  | 'hold'
  | 'reset'
  | 'truncated'
  | 'malformed'
  | 'html'
  | 'oversized'
  | 'redirect'
  | 'server-error'
  | 'upgrade'

export interface Received {
  method: string
  /** Without the query. */
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

/** Larger than any response of a provider. */
export const OVERSIZED_BYTES = 32 * 1024 * 1024

export class Counterpart {
  /** Of oversized responses: how much of them was read. */
  oversizedBytes = 0
  /** Requests as they arrived, faulty or not. */
  readonly requests: Received[] = []
  handler: Handler = (_request, response) => response.writeHead(404).end()
  #faults = new Map<string, Fault>()
  #held: (() => void)[] = []
  #waiting: (() => void)[] = []
  #server = createServer((request, response) => this.#receive(request, response))
  #port = 0

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Listens; after a `stop` on the same port as before. */
  async start(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address !== null && typeof address === 'object') this.#port = address.port
  }

  /** Down: connections are refused until `start`. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  /** From now on requests whose path begins like this get the fault. */
  fail(path: string, fault: Fault): void {
    this.#faults.set(path, fault)
  }

  /** No more faults. Requests on hold get their responses. */
  heal(): void {
    this.#faults.clear()
    for (const release of this.#held.splice(0)) release()
  }

  /** How many requests to this path have arrived. */
  count(path: string): number {
    return this.requests.filter(request => request.path.startsWith(path)).length
  }

  /** Resolves when as many requests to this path have arrived. */
  async received(path: string, count = 1): Promise<void> {
    while (this.count(path) < count) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    const { method = '', headers } = request
    this.requests.push({ method, path: pathname, query: searchParams, headers })
    const fault = [...this.#faults].find(([path]) => pathname.startsWith(path))?.[1]
    const answer = () => {
      if (!response.destroyed) this.handler(request, response)
    }
    if (fault === 'hold') this.#held.push(answer)
    else if (fault === 'oversized') this.#sendFiller(response, OVERSIZED_BYTES)
    else if (fault) misbehave(fault, response)
    else answer()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Without a length, so that it is noticed while it is read. */
  #sendFiller(response: ServerResponse, left: number): void {
    if (!response.headersSent) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"filler":"')
    }
    if (response.destroyed) return
    if (left <= 0) return void response.end('"}')
    const bytes = 64 * 1024
    response.write('x'.repeat(bytes), error => {
      if (error) return
      this.oversizedBytes += bytes
      this.#sendFiller(response, left - bytes)
    })
  }
}

function misbehave(fault: Exclude<Fault, 'hold' | 'oversized'>, response: ServerResponse): void {
  const json = { 'content-type': 'application/json' }
  if (fault === 'upgrade')
    return void response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')
  if (fault === 'reset') return void response.socket?.resetAndDestroy()
  if (fault === 'redirect') return void response.writeHead(302, { location: '/elsewhere' }).end()
  if (fault === 'server-error') return void response.writeHead(500, json).end('{"error":"server_error"}')
  if (fault === 'malformed') return void response.writeHead(200, json).end('{"access_token":')
  if (fault === 'html')
    return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>We are back soon</h1>')
  if (fault === 'truncated') {
    response.writeHead(200, { ...json, 'content-length': 1000 })
    return void response.write('{"access_token":"', () => response.destroy())
  }
}

/** A server that stops when the test ends. */
export async function startCounterpart(t: Test): Promise<Counterpart> {
  const counterpart = new Counterpart()
  await counterpart.start()
  t.teardown(() => counterpart.stop())
  return counterpart
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
  response.end(JSON.stringify(body))
}
