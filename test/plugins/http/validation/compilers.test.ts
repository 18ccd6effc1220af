// Schemas are compiled when they are first needed. So that a faulty one is found here, and not by a caller, this compiles them all.
import buildValidators from '@fastify/ajv-compiler'
import buildSerializers from '@fastify/fast-json-stringify-compiler'
import type { RouteOptions } from 'fastify'
import t from 'tap'
import { build as buildApp } from '../../../../app.ts'
import { readConfig } from '../../../../plugins/config/index.ts'
import { addKeywords } from '../../../../plugins/http/validation/keywords.ts'
import { environment } from '../../../support/app.ts'

t.test('every schema of every route compiles', async t => {
  const app = buildApp(readConfig(await environment(t)))
  const routes: RouteOptions[] = []
  app.addHook('onRoute', route => void routes.push(route))
  await app.ready()
  t.teardown(() => app.close())

  const schemas = app.getSchemas() as Record<string, object>
  const validator = buildValidators()(schemas, { customOptions: { verbose: true }, plugins: [addKeywords] })
  const serializer = buildSerializers()(schemas)
  let compiled = 0
  for (const { schema = {}, url, method } of routes) {
    for (const part of [...bodiesOf(schema.body), schema.querystring, schema.params, schema.headers]) {
      if (part === undefined) continue
      t.doesNotThrow(() => validator({ schema: part } as object), `${method} ${url}`)
      compiled++
    }
    for (const [httpStatus, response] of Object.entries(schema.response ?? {})) {
      const bodies = bodiesOf(response)
      for (const body of bodies)
        t.doesNotThrow(() => serializer({ schema: body, url, method: 'GET', httpStatus }), `${method} ${url}`)
      compiled += bodies.length
    }
  }
  t.ok(compiled > 40)
})

/** A schema for each media type, if they have one each. */
function bodiesOf(body: unknown): unknown[] {
  const { content } = (body ?? {}) as { content?: Record<string, { schema?: unknown }> }
  return content ? Object.values(content).map(({ schema }) => schema) : [body]
}
