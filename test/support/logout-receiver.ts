/** An application's endpoint for back-channel logout: keeps what it was told, checked as the specification says. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import type { Test } from './app.ts'
import { until } from './until.ts'

export type Told = JWTPayload & { alg: string }

/** @param issuer the service whose tokens it takes */
export async function logoutReceiver(t: Test, issuer: string) {
  const told: Told[] = []
  const keys = createRemoteJWKSet(new URL(`${issuer}/oauth2/jwks`))
  const receiver = {
    uri: '',
    told,
    /** What it responds; 0 for nothing at all. */
    status: 200,
    /** Requests, whatever they had. */
    requests: 0,
    /** The logout token for a session, once it has arrived. */
    async of(sid: string): Promise<Told> {
      await until(() => told.some(token => token.sid === sid), 1000)
      return told.find(token => token.sid === sid) as Told
    },
  }
  const server = createServer(async (request, response) => {
    receiver.requests++
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    if (receiver.status === 0) return undefined
    if (receiver.status !== 200)
      return response.writeHead(receiver.status, { location: `${receiver.uri}?followed` }).end()
    const { payload, protectedHeader } = await jwtVerify(form.get('logout_token') ?? '', keys, {
      issuer,
      typ: 'logout+jwt',
      requiredClaims: ['aud', 'iat', 'exp', 'jti', 'events', 'sub', 'sid'],
    })
    told.push({ ...payload, alg: protectedHeader.alg })
    return response.end()
  })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  receiver.uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`
  return receiver
}
