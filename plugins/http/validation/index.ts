// (no decorator) Registers every schema in schemas/ that has an `$id`: validation, serialization and OpenAPI refer to it by that. Lets requests
// omit a body that the route's `config.optionalBody` declares optional.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TSchema } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Password } from '#schemas/credentials.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The request body may be omitted, and counts as `{}`. Without this, a route with a body schema requires one. */
    optionalBody?: boolean
  }
}

const FOLDER = join(import.meta.dirname, '../../../schemas')

export default fp(
  async app => {
    for (const schema of await namedSchemas()) {
      // The only schema that depends on the configuration.
      const configured = schema === Password ? { ...schema, maxLength: app.config.PASSWORD_MAX_LENGTH } : schema
      app.addSchema(configured)
    }
    app.addHook('onRoute', route => {
      if (!route.config?.optionalBody) return
      route.preValidation = [fillInBody, ...[route.preValidation ?? []].flat()]
    })
  },
  { name: 'validation', dependencies: ['config'] },
)

function fillInBody(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  if (request.body === undefined) request.body = {}
  done()
}

/** A set, because a file may export another's schema too. */
async function namedSchemas(): Promise<Set<TSchema>> {
  const files = (await readdir(FOLDER)).filter(file => file.endsWith('.ts')).sort()
  const modules: object[] = await Promise.all(files.map(file => import(`#schemas/${file}`)))
  return new Set(modules.flatMap<unknown>(Object.values).filter(isNamed))
}

function isNamed(value: unknown): value is TSchema {
  return typeof value === 'object' && value !== null && '$id' in value
}
