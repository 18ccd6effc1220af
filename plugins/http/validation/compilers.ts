import { createRequire } from 'node:module'
import type { BuildCompilerFromPool } from '@fastify/ajv-compiler'
import type { SerializerFactory } from '@fastify/fast-json-stringify-compiler'
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import { coercerOf } from './coercion.ts'

const require = createRequire(import.meta.url)

/** The parts of a request that arrive as text. Bodies have types of their own, and headers are strings. */
const TEXT_PARTS = new Set(['querystring', 'params'])

/**
 * Fastify's own schema compilers, loaded on first use. Each schema is compiled when it is first needed: compiling all of them would take longer
 * than the rest of the start-up, and few are needed in the first second.
 */
export function lazyCompilers() {
  const validators = once((): BuildCompilerFromPool => require('@fastify/ajv-compiler')())
  const serializers = once((): SerializerFactory => require('@fastify/fast-json-stringify-compiler')())
  return {
    // Fastify accepts `true` or the errors. Its type asks for everything that an Ajv function has.
    buildValidator: ((schemas, options) => {
      const compile = once(() => validators()(schemas, options))
      return (route: FastifyRouteSchemaDef<object>) => {
        const validator = once(() => compile()(route))
        const coercer = once(() => coercerOf(route.schema, schemas as Record<string, unknown>))
        const isText = TEXT_PARTS.has(route.httpPart ?? '')
        return (data: unknown) => {
          if (isText) coercer()(data as Record<string, unknown>)
          return validator()(data) || { error: validator().errors }
        }
      }
    }) as BuildCompilerFromPool,
    buildSerializer: ((schemas, options) => {
      const compile = once(() => serializers()(schemas, options))
      return route => {
        const serializer = once(() => compile()(route))
        return data => serializer()(data)
      }
    }) satisfies SerializerFactory,
  }
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
