import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

/** The parts of error tracking, traces and RabbitMQ's client that a service with these settings loads, in a process of its own. */
async function loaded(env: Record<string, string>): Promise<string[]> {
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    const { build } = await import('./app.ts')
    const { readConfig } = await import('./plugins/config/index.ts')
    const env = { NODE_ENV: 'test', DATABASE_URL: 'sqlite::memory:', SECRET: 'correct-horse-battery-staple-0123' }
    const app = build(readConfig({ ...env, ...${JSON.stringify(env)} }), { write() {} })
    await app.ready()
    await app.inject('/films/v1/1')
    console.log(JSON.stringify(loaded.filter(url => /\\/operations\\/(error-tracking|traces|broker)\\/(?!index)|amqplib|opentelemetry\\/(?!api)/.test(url))))
    await app.close()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: join(import.meta.dirname, '../../..'),
  })
  return JSON.parse(stdout)
}

t.test('error tracking, traces and the client of RabbitMQ are loaded only where they are configured', async t => {
  t.same(await loaded({}), [])
  t.ok((await loaded({ ERROR_TRACKING_DSN: 'http://key@127.0.0.1:9/1' })).length > 0)
  t.ok((await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' })).length > 0)
  t.ok((await loaded({ AMQP_URL: 'amqp://127.0.0.1:9' })).length > 0)
})
