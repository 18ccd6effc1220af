/** What uploads hold is released, however they end. */
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { errors } from '#schemas/errors.ts'
import config, { readConfig } from '../../../plugins/config/index.ts'
import uploads from '../../../plugins/http/uploads/index.ts'
import { environment, REAL } from '../../support/app.ts'
import { until } from '../../support/until.ts'

const skip = REAL && 'no database has a part in it'
/** More than are served at once. */
const MANY = 110

t.test('whoever hangs up before an upload has begun takes no place from others', { skip }, async t => {
  const app = fastify()
  t.teardown(() => app.close())
  await app.register(config, { config: readConfig(await environment(t)) })
  await app.register(uploads)
  let lost = 0
  app.addHook('onRequest', async ({ headers, raw }) => {
    if (headers.expected !== 'lost') return
    await new Promise(resolve => raw.socket.once('close', resolve))
    await turn()
    lost++
  })
  await app.register(async scope => {
    app.uploads.accept(scope, { field: 'file', types: ['image/png'], maxBytes: 1000, tooLarge: errors.bodyTooLarge })
    scope.put('/', async ({ upload }) => ({ size: upload?.size }))
  })
  await app.listen({ host: '127.0.0.1', port: 0 })

  for (const type of ['image/png', 'multipart/form-data; boundary=x']) {
    lost = 0
    await Promise.all(Array.from({ length: MANY }, () => hangUp(app, type)))
    await until(() => lost === MANY)
    const headers = { 'content-type': 'image/png' }
    const response = await app.inject({ method: 'PUT', url: '/', headers, payload: 'x' })
    t.same(response.json(), { size: 1 }, type)
  }
})

/** Sends half a request. */
async function hangUp(app: FastifyInstance, type: string): Promise<void> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  const arrived = once(app.server, 'request')
  socket.write(`PUT / HTTP/1.1\r\nhost: x\r\nexpected: lost\r\ncontent-type: ${type}\r\ncontent-length: 9\r\n\r\n`)
  await arrived
  socket.resetAndDestroy()
}
