// Schemas are compiled when they are first needed. So that a faulty one is found here, and not by a caller, this compiles them all.
import type { RouteOptions } from 'fastify'
import t from 'tap'
import { build as buildApp } from '../../../../app.ts'
import { readConfig } from '../../../../plugins/config/index.ts'
import { ajvOptions, serializerOf, validatorCompilerOf } from '../../../../plugins/http/validation/compilers.ts'
import { environment } from '../../../support/app.ts'

type Schemas = Record<string, object>

const validatorOf = (schema: object, schemas: Schemas) => validatorCompilerOf(schemas, ajvOptions)({ schema } as never)
const serializer = (schema: object, schemas: Schemas) =>
  serializerOf({ schema, url: '/', method: 'GET', httpStatus: '200' }, schemas)

t.test('every schema of every route compiles', async t => {
  const app = buildApp(readConfig(await environment(t)))
  const routes: RouteOptions[] = []
  app.addHook('onRoute', route => void routes.push(route))
  await app.ready()
  t.teardown(() => app.close())

  const schemas = app.getSchemas() as Schemas
  let compiled = 0
  for (const { schema = {}, url, method } of routes) {
    for (const part of [...bodiesOf(schema.body), schema.querystring, schema.params, schema.headers]) {
      if (part === undefined) continue
      t.doesNotThrow(() => validatorOf(part as object, schemas), `${method} ${url}`)
      compiled++
    }
    for (const [httpStatus, response] of Object.entries(schema.response ?? {})) {
      const bodies = bodiesOf(response)
      for (const body of bodies)
        t.doesNotThrow(() => serializer(body as object, schemas), `${method} ${url} ${httpStatus}`)
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

t.test('equal schemas are compiled once, and not with another meaning of a name', async t => {
  const short = { Name: { $id: 'Name', type: 'string', maxLength: 3 } }
  const long = { Name: { $id: 'Name', type: 'string', maxLength: 9 } }
  const schema = () => ({ type: 'object', properties: { name: { $ref: 'Name#' } } })
  t.equal(validatorOf(schema(), short), validatorOf(schema(), { ...short }))
  t.equal(serializer(schema(), short), serializer(schema(), { ...short }))
  const han = { name: 'Han Solo' }
  t.same([validatorOf(schema(), short)(han), validatorOf(schema(), long)(han)], [false, true])
  const asNumber = { Name: { $id: 'Name', type: 'integer' } }
  const number = { name: '3' }
  t.same([serializer(schema(), short)(number), serializer(schema(), asNumber)(number)], ['{"name":"3"}', '{"name":3}'])
})
