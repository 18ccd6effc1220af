/** Another service, which verifies tokens by clients/verify. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { createVerifier } from '../../clients/verify/src/index.ts'
import type { Options, Verifier } from '../../clients/verify/src/types.ts'
import type { Test } from './app.ts'
import { trustedService } from './revocation-feed.ts'

/** What a service needs to know, once it is registered. */
export async function optionsFor(app: FastifyInstance): Promise<Options> {
  const { id, secret = '' } = await trustedService(app)
  return { issuer: app.config.PUBLIC_URL, clientId: id, clientSecret: secret, log: () => {} }
}

/** Ready, and closed when the test ends. */
export async function verifierFor(t: Test, app: FastifyInstance, more: Partial<Options> = {}): Promise<Verifier> {
  const verifier = createVerifier({ ...(await optionsFor(app)), ...more })
  t.teardown(() => verifier.close())
  await verifier.ready()
  return verifier
}

/** `accepted`, or status and code: `401 token-invalid`. */
export async function verdict(verifier: Verifier, token: string, ...demand: [object?]): Promise<string> {
  return verifier.verify(`Bearer ${token}`, ...demand).then(
    () => 'accepted',
    ({ statusCode, code, message }) => (statusCode ? `${statusCode} ${code}` : message),
  )
}

/** What the feed begins with, when the clock of the instance shows 1000. */
export const BEGIN = 'event: begin\ndata: {"resumed":false,"token_lifetime":900,"time":1000}\n\n'
export const current = (time: number, staleness = 0) =>
  `event: current\nid: x.1\ndata: ${JSON.stringify({ time, staleness })}\n\n`

export const grantToken = (response: ServerResponse, lifetime = 900) =>
  void response
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ access_token: 'x', expires_in: lifetime }))

/** Speaks as Holocron does, and says what it is told to; and a verifier that listens to it. */
export async function impostor(
  t: Test,
  respond: (response: ServerResponse, path: string) => void,
  respondToken: (response: ServerResponse) => void = grantToken,
) {
  const asked: string[] = []
  const heard: string[] = []
  const server = createServer((request, response) => {
    const { url = '' } = request
    asked.push(url)
    if (url === '/oauth2/token') respondToken(response)
    else respond(response, url)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const log = (message: string) => void heard.push(message)
  const verifier = createVerifier({ issuer: url, clientId: 'x', clientSecret: 'x', log })
  t.teardown(() => {
    verifier.close()
    server.closeAllConnections()
    server.close()
  })
  return { verifier, asked, heard, connections: () => asked.filter(path => path.includes('stream')).length }
}
