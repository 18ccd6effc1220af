/** Single requests over kept-alive connections, for what is timed one by one. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
  /** From sending to the answer's last byte. */
  milliseconds: number
}

const agent = new Agent({ keepAlive: true })

export function call(
  { url }: { url: string },
  method: string,
  path: string,
  { token, payload }: { token?: string; payload?: object } = {},
): Promise<Answer> {
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(payload && { 'content-type': 'application/json' }),
  }
  return new Promise((answered, failed) => {
    const sent = performance.now()
    request(url + path, { method, agent, headers }, response => {
      let body = ''
      response.setEncoding('utf8').on('data', chunk => {
        body += chunk
      })
      response.once('end', () =>
        answered({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body,
          milliseconds: performance.now() - sent,
        }),
      )
    })
      .once('error', failed)
      .end(payload && JSON.stringify(payload))
  })
}
