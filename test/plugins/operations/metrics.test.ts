import t from 'tap'
import { build, call } from '../../support/app.ts'
import { buildWith } from '../../support/routes.ts'

t.test('metrics that a route or plugin adds are read at each scrape', async t => {
  let stored = 3
  let created = 0
  const app = await buildWith(t, async app => {
    app.metrics.add({
      type: 'gauge',
      name: 'holocron_notes',
      help: 'Notes, by kind',
      labelNames: ['kind'],
      collect: async () => [
        { labels: { kind: 'short' }, value: stored },
        { labels: { kind: 'long' }, value: 1 },
      ],
    })
    app.metrics.add({
      type: 'counter',
      name: 'holocron_notes_created_total',
      help: 'Notes created',
      collect: () => created,
    })
  })
  const scrape = async () => (await call(app, 'GET', '/metrics')).body
  t.match(await scrape(), /^holocron_notes_created_total 0$/m)
  stored = 5
  created = 2
  const body = await scrape()
  t.match(body, /^# TYPE holocron_notes gauge$/m)
  t.match(body, /^holocron_notes\{kind="short"\} 5$/m)
  t.match(body, /^holocron_notes\{kind="long"\} 1$/m)
  t.match(body, /^# TYPE holocron_notes_created_total counter$/m)
  t.match(body, /^holocron_notes_created_total 2$/m)
})

t.test('a gauge that cannot be read keeps its last value', async t => {
  const values = [7, undefined]
  const app = await buildWith(t, async app =>
    app.metrics.add({ type: 'gauge', name: 'holocron_x', help: 'x', collect: () => values.shift() }),
  )
  for (let i = 0; i < 2; i++) t.match((await call(app, 'GET', '/metrics')).body, /^holocron_x 7$/m)
})

t.test('a name that is invalid or taken is rejected at once', async t => {
  const app = await build(t)
  const add = (name: string) => () => app.metrics.add({ type: 'gauge', name, help: 'x', collect: () => 1 })
  add('holocron_x')()
  for (const name of ['holocron_x', 'holocron_http_request_duration_seconds'])
    t.throws(add(name), { message: `metric ${name} was added already` })
  for (const name of ['x', 'holocron_x-y', 'nodejs_eventloop_lag_seconds'])
    t.throws(add(name), { message: `invalid name of a metric: ${name}` })
  t.match((await call(app, 'GET', '/metrics')).body, /^holocron_x 1$/m)
})

t.test('a metric that fails is logged and keeps its last value; the others are scraped', async t => {
  const logs: string[] = []
  const app = await build(t, { LOG_LEVEL: 'warn' }, { write: line => logs.push(line) })
  const fail = () => {
    throw new Error('no value')
  }
  const results = [() => 7, fail, () => Promise.reject(new Error('no value'))]
  app.metrics.add({ type: 'gauge', name: 'holocron_broken', help: 'x', collect: () => results.shift()?.() })
  app.metrics.add({ type: 'counter', name: 'holocron_broken_total', help: 'x', collect: fail })
  app.metrics.add({ type: 'gauge', name: 'holocron_sound', help: 'x', collect: () => 1 })
  for (let i = 0; i < 3; i++) {
    const { body } = await call(app, 'GET', '/metrics')
    t.match(body, /^holocron_broken 7$/m)
    t.match(body, /^holocron_sound 1$/m)
  }
  const failures = logs.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'metric cannot be read')
  t.same(failures.map(({ metric }) => metric).sort(), [
    'holocron_broken',
    'holocron_broken',
    'holocron_broken_total',
    'holocron_broken_total',
    'holocron_broken_total',
  ])
})
