import type { FastifyServerOptions } from 'fastify'

type Bucket = NonNullable<NonNullable<FastifyServerOptions['schemaController']>['bucket']>

/**
 * Fastify's store of named schemas, one for all scopes. Fastify's own is copied whole for each scope, which takes time at the start and memory
 * ever after; what it would copy is the same everywhere, as plugins/http/validation registers every schema.
 * @param inherited what the enclosing scope has
 */
export const sharedSchemas = ((inherited = {}) => {
  const schemas = inherited as Record<string, unknown>
  return {
    add(schema: unknown) {
      const { $id } = schema as { $id: string }
      // Fastify adds what a scope adds to those inside it, too.
      schemas[$id] ??= schema
      if (schemas[$id] !== schema) throw new Error(`two schemas are named ${$id}`)
    },
    getSchema: (id: string) => schemas[id],
    getSchemas: () => schemas,
  }
  // Its type claims that the instance is returned, which Fastify does by itself.
}) as (inherited?: unknown) => object as Bucket
