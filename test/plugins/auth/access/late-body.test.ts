// Guards run at the headers, and the body may come seconds later: who is logged out meanwhile must not get through with a request held back.
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { build, call, logIn } from '../../../support/app.ts'
import { documentOf, operationsOf } from '../../../support/document.ts'
import { until } from '../../../support/until.ts'

const app = await build(t)
let arrived = 0
app.server.on('request', () => arrived++)
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo

const guarded = operationsOf(await documentOf(app)).filter(
  ({ method, operation }) =>
    operation.requestBody && operation.security.some(scheme => 'accessToken' in scheme) && method !== 'GET',
)
t.ok(guarded.length > 10)

for (const { method, path } of guarded)
  t.test(`threat: ${method} ${path} with its body held back until after the logout`, async t => {
    const { token, user_id } = await logIn(app)
    const url = path.replace('{user_id}', String(user_id)).replace(/\{\w+\}/g, '019adf2e-0000-7000-8000-000000000000')
    const before = arrived
    const socket = connect(port, '127.0.0.1')
    const head = [`${method} ${url} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${token}`, 'Connection: close']
    socket.write([...head, 'Content-Type: application/json', 'Content-Length: 2', '', ''].join('\r\n'))
    await until(() => arrived > before)
    t.equal((await call(app, 'POST', '/users/v1/logout', { token })).statusCode, 200)
    socket.write('{}')
    const [answer] = await Promise.all([text(socket), once(socket, 'close')])
    t.match(answer, /^HTTP\/1.1 401 /)
    t.match(answer, '"token-invalid"')
  })
