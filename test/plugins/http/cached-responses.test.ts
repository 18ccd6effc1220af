import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { call } from '../../support/app.ts'
import { buildWith } from '../../support/routes.ts'
import { until } from '../../support/until.ts'

const data = { text: 'first' }
let builds = 0

const withCache = (load: () => Promise<typeof data>) =>
  buildWith(t, async app => {
    const responses = await app.cachedResponses({ name: 'texts', load, refreshSeconds: 0.005 })
    app.get('/texts', { config: { access: 'public' } }, (request, reply) =>
      responses.send(request, reply, 'all', ({ text }) => {
        builds++
        return { text }
      }),
    )
  })

const read = async (app: FastifyInstance) => (await call(app, 'GET', '/texts')).json().text

t.test('a response is built once, and again when the data has changed', async t => {
  const app = await withCache(async () => ({ ...data }))
  for (let i = 0; i < 3; i++) t.equal(await read(app), 'first')
  t.equal(builds, 1)
  data.text = 'second'
  await until(async () => (await read(app)) === 'second')
  t.equal(builds, 2)
})

t.test('a load that fails leaves the last data in use', async t => {
  let loads = 0
  const app = await withCache(async () => {
    if (++loads > 1) throw new Error('database unavailable')
    return { text: 'kept' }
  })
  await until(async () => loads > 3)
  t.equal(await read(app), 'kept')
})

t.test('a first load that fails keeps the service from starting', async t => {
  await t.rejects(
    withCache(() => Promise.reject(new Error('database unavailable'))),
    { message: 'database unavailable' },
  )
})
