import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import type { HealthCheck } from '../../../plugins/operations/health.ts'
import { call } from '../../support/app.ts'
import { buildWith } from '../../support/routes.ts'

const withCheck = (t: Test, check: HealthCheck): Promise<FastifyInstance> =>
  buildWith(t, async app => app.health.add('storage', check))

const readiness = async (app: FastifyInstance) => {
  const response = await call(app, 'GET', '/health/ready')
  return { statusCode: response.statusCode, body: response.json() }
}

t.test('a check that a plugin adds is in the report', async t => {
  const app = await withCheck(t, { whenDown: 'unavailable', check: () => 'up' })
  const { statusCode, body } = await readiness(app)
  t.equal(statusCode, 200)
  t.match(body, { status: 'ok', checks: { database: 'up', storage: 'up' } })
})

t.test('a check that is down makes the process unavailable, or degrades it, as its owner says', async t => {
  const critical = await readiness(await withCheck(t, { whenDown: 'unavailable', check: () => 'down' }))
  t.match(critical, { statusCode: 503, body: { details: { database: 'up', storage: 'down' } } })
  const dispensable = await readiness(await withCheck(t, { whenDown: 'degraded', check: () => 'down' }))
  t.match(dispensable, { statusCode: 200, body: { status: 'degraded', checks: { storage: 'down' } } })
})

t.test('a check that throws, rejects or never ends is down', async t => {
  const broken: HealthCheck['check'][] = [
    () => {
      throw new Error('broken')
    },
    () => Promise.reject(new Error('broken')),
    () => new Promise(() => {}),
  ]
  for (const check of broken) {
    const { body } = await readiness(await withCheck(t, { whenDown: 'degraded', check }))
    t.match(body, { status: 'degraded', checks: { storage: 'down' } })
  }
})

t.test('two checks cannot share a name', async t => {
  await t.rejects(
    buildWith(t, async app => app.health.add('database', { whenDown: 'degraded', check: () => 'up' })),
    { message: 'health check database was added already' },
  )
})

t.test('threat: probes in a loop exhaust the database: those that arrive together share one report', async t => {
  let checks = 0
  const app = await withCheck(t, {
    whenDown: 'unavailable',
    check() {
      checks++
      return 'up'
    },
  })
  const reports = await Promise.all(Array.from({ length: 500 }, () => readiness(app)))
  t.ok(reports.every(({ statusCode }) => statusCode === 200))
  t.ok(checks < 10, `${checks} checks`)
  const before = checks
  await readiness(app)
  t.equal(checks, before + 1, 'a later probe is not answered from memory')
})
