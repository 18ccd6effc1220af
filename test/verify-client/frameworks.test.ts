/** Services on Fastify and Express, and the example: on ports of their own, they refuse a token that was logged out at Holocron. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createRequire } from 'node:module'
import { type AddressInfo, connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import fastify from 'fastify'
import t from 'tap'
import { requireToken } from '../../clients/verify/src/express.ts'
import holocron from '../../clients/verify/src/fastify.ts'
import { administrator, logIn, type Test } from '../support/app.ts'
import { installClients } from '../support/clients.ts'
import { freePort } from '../support/free-port.ts'
import { serve } from '../support/oauth.ts'
import { answerOf } from '../support/oauth-requests.ts'
import { logOut } from '../support/session.ts'
import { until } from '../support/until.ts'
import { optionsFor, verifierFor } from '../support/verify-client.ts'

const { app } = await serve(t)
const ROOT = join(import.meta.dirname, '../..')

/** Express is installed beside the generated clients. */
interface Express {
  (): RequestListener & {
    set(setting: string, value: string): void
    use(...handlers: unknown[]): void
    get(path: string, ...handlers: unknown[]): void
    post(path: string, ...handlers: unknown[]): void
  }
  json(): unknown
}

const SERVICES: Record<string, (t: Test) => Promise<string>> = {
  async Fastify(t) {
    const archive = fastify()
    t.teardown(() => archive.close())
    // Declared before the plugin is, and protected all the same.
    archive.get('/plans', async ({ auth }) => ({ user: auth.user_id }))
    archive.post('/plans', async ({ auth, body }) => ({ user: auth.user_id, body }))
    archive.register(holocron, await optionsFor(app))
    archive.get('/', { config: { auth: false } }, async () => ({ open: true }))
    archive.get('/restricted', { config: { auth: { role: 'admin' } } }, async ({ auth }) => ({ user: auth.user_id }))
    return archive.listen({ host: '127.0.0.1', port: 0 })
  },
  async Express(t) {
    await installClients()
    const express: Express = createRequire(join(ROOT, 'test/clients/package.json'))('express')
    const verifier = await verifierFor(t, app)
    const archive = express()
    // It prints errors otherwise.
    archive.set('env', 'test')
    type Handler = (
      request: { auth: { user_id: number }; body: unknown },
      response: { json(body: object): void },
    ) => void
    const user: Handler = ({ auth, body }, response) => response.json({ user: auth.user_id, body })
    archive.get('/', ((_request, response) => response.json({ open: true })) satisfies Handler)
    archive.use(requireToken(verifier), express.json())
    archive.get('/plans', user)
    archive.post('/plans', user)
    archive.get('/restricted', requireToken(verifier, { role: 'admin' }), user)
    const server = createServer(archive).listen(0, '127.0.0.1')
    t.teardown(() => server.close())
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  },
}

const get = async (url: string, token?: string) =>
  answerOf(await fetch(url, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }))

for (const [name, start] of Object.entries(SERVICES)) {
  t.test(name, async t => {
    const url = await start(t)

    t.test('a user who is logged in gets in, until they log out', async t => {
      const { token, user_id } = await logIn(app)
      // The second time from memory.
      for (const _ of [1, 2]) t.match(await get(`${url}/plans`, token), { status: 200, body: { user: user_id } })
      await logOut(app, token)
      await until(async () => (await get(`${url}/plans`, token)).status === 401, 1000)
      const refused = await get(`${url}/plans`, token)
      t.equal(
        refused.headers.get('www-authenticate'),
        'Bearer error="invalid_token", error_description="token-invalid"',
      )
    })

    t.test('others do not', async t => {
      t.equal((await get(`${url}/`)).status, 200, 'what is open is open')
      const refused = await get(`${url}/plans`)
      t.equal(refused.status, 401)
      t.equal(refused.headers.get('www-authenticate'), 'Bearer')
      t.equal((await get(`${url}/plans`, 'x')).status, 401)
      t.equal((await get(`${url}/restricted`, (await logIn(app)).token)).status, 403)
      t.equal((await get(`${url}/restricted`, (await administrator(app)).token)).status, 200)
    })
  })
}

t.test('Fastify says of what it does not have that it is not there', async t => {
  const url = await (SERVICES.Fastify as (t: Test) => Promise<string>)(t)
  t.equal((await get(`${url}/nowhere`)).status, 404)
})

t.test('threat: whoever is logged out acts by a body that was held back', async t => {
  const url = await (SERVICES.Fastify as (t: Test) => Promise<string>)(t)
  const { token } = await logIn(app)
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const answer = text(socket)
  const headers = ['Host: x', `Authorization: Bearer ${token}`, 'Content-Type: application/json', 'Content-Length: 2']
  socket.write(`POST /plans HTTP/1.1\r\n${headers.join('\r\n')}\r\nConnection: close\r\n\r\n{`)
  // Its headers have been looked at before those of a later request.
  await get(`${url}/plans`, token)
  await logOut(app, token)
  await until(async () => (await get(`${url}/plans`, token)).status === 401, 1000)
  socket.write('}')
  t.match(await answer, /^HTTP\/1.1 401 /)
})

t.test('the example', async t => {
  const { issuer, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET } = await optionsFor(app)
  const PORT = String(await freePort())
  const env = { PATH: process.env.PATH, ISSUER: issuer, CLIENT_ID, CLIENT_SECRET, PORT }
  const example = spawn(process.execPath, [join(ROOT, 'examples/verify/server.ts')], { env })
  t.teardown(() => example.kill('SIGKILL'))
  await once(example.stdout, 'data')
  const url = `http://localhost:${PORT}`
  const { token, user_id } = await logIn(app)
  t.equal((await get(url)).status, 200)
  t.match(await get(`${url}/holocrons`, token), { status: 200, body: { reader: user_id } })
  t.equal((await get(`${url}/restricted`, token)).status, 403)
  await logOut(app, token)
  await until(async () => (await get(`${url}/holocrons`, token)).status === 401, 1000)
})
