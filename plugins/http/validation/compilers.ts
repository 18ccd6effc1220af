import { createRequire } from 'node:module'
import type { BuildCompilerFromPool } from '@fastify/ajv-compiler'
import type { SerializerFactory } from '@fastify/fast-json-stringify-compiler'

const require = createRequire(import.meta.url)

/**
 * Fastify's own compilers of schemas, loaded and put to work for each schema when it is first needed: to compile all of them takes longer than
 * most of the start, and few are needed in its first second.
 */
export function lazyCompilers() {
  const validators = once((): BuildCompilerFromPool => require('@fastify/ajv-compiler')())
  const serialisers = once((): SerializerFactory => require('@fastify/fast-json-stringify-compiler')())
  return {
    // Fastify takes what answers true, or the errors; its type wants all that Ajv's functions have.
    buildValidator: ((schemas, options) => {
      const compile = once(() => validators()(schemas, options))
      return (route: object) => {
        const validator = once(() => compile()(route))
        return (data: unknown) => validator()(data) || { error: validator().errors }
      }
    }) as BuildCompilerFromPool,
    buildSerializer: ((schemas, options) => {
      const compile = once(() => serialisers()(schemas, options))
      return route => {
        const serialiser = once(() => compile()(route))
        return data => serialiser()(data)
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
