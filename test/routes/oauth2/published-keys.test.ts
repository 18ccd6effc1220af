// Applications that publish their keys (`jwks_uri`): they are fetched by whoever sends an assertion, so what can be fetched is limited.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { SignJWT } from 'jose'
import t from 'tap'
import type { Test } from '../../support/app.ts'
import { type Application, application, serve } from '../../support/oauth.ts'
import { outcome, post } from '../../support/oauth-requests.ts'

const { app, issuer } = await serve(t)
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const keys = JSON.stringify({
  keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'ES256' }],
})

async function publish(t: Test, respond: RequestListener): Promise<string> {
  const server = createServer(respond)
  t.teardown(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
}

const signer = (jwks_uri: string) =>
  application(app, {
    redirect_uris: [],
    grant_types: ['client_credentials'],
    scope: 'films:read',
    token_endpoint_auth_method: 'private_key_jwt',
    jwks_uri,
  })

async function authenticate(client: Application) {
  const client_assertion = await new SignJWT({ jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer(client.id)
    .setSubject(client.id)
    .setAudience(issuer)
    .setExpirationTime('1m')
    .sign(privateKey)
  const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const form = { grant_type: 'client_credentials', scope: 'films:read', client_assertion, client_assertion_type }
  return outcome(await post(client, 'token', form, {}))
}

t.test('the keys that an application publishes verify its assertions; in development on this machine, too', async t => {
  t.equal(await authenticate(await signer(await publish(t, (_request, response) => response.end(keys)))), '200')
})

t.test('threat: keys lead into the operator’s network: no connection is made to a private address', async t => {
  let connections = 0
  const server = createSocketServer(socket => {
    connections++
    socket.destroy()
  })
  t.teardown(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  for (const host of ['127.0.0.2', '[::ffff:7f00:1]', '[::1]'])
    t.equal(await authenticate(await signer(`https://${host}:${port}/keys`)), '401 invalid_client', host)
  t.equal(connections, 0)
})

t.test('threat: a response in place of keys leads elsewhere, or has no end', async t => {
  const elsewhere = await publish(t, (_request, response) => response.end(keys))
  const answers: RequestListener[] = [
    (_request, response) => response.writeHead(302, { location: elsewhere }).end(),
    (_request, response) => response.end(keys.padEnd(2 * 1024 * 1024)),
    (_request, response) => response.writeHead(500).end(),
    (_request, response) => response.end('{"keys":5}'),
  ]
  for (const answer of answers)
    t.equal(await authenticate(await signer(await publish(t, answer))), '401 invalid_client', String(answer))
})
