import t from 'tap'
import { call } from '../../support/app.ts'
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
