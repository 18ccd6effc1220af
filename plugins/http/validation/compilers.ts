import { createRequire } from 'node:module'
import type { BuildCompilerFromPool } from '@fastify/ajv-compiler'
import type { SerializerFactory } from '@fastify/fast-json-stringify-compiler'
import type { FastifyRouteSchemaDef } from 'fastify/types/schema.js'
import { coercerOf } from './coercion.ts'
import { addKeywords } from './keywords.ts'

const require = createRequire(import.meta.url)

type NamedSchemas = Record<string, object>
type Validator = ReturnType<ReturnType<BuildCompilerFromPool>>
type ValidatorCompiler = (route: FastifyRouteSchemaDef<object>) => Validator
type AjvOptions = Parameters<BuildCompilerFromPool>[1]
type SerializerCompiler = ReturnType<SerializerFactory>
type Serializer = ReturnType<SerializerCompiler>

/** Nothing is coerced (coercion.ts handles query strings and path parameters), and unknown properties are rejected, not dropped. */
export const ajvOptions = {
  customOptions: { coerceTypes: false, removeAdditional: false, verbose: true },
  plugins: [addKeywords],
} satisfies AjvOptions

/** The parts of a request that arrive as text. Bodies have types of their own, and headers are strings. */
const TEXT_PARTS = new Set(['querystring', 'params'])

/**
 * Fastify's own schema compilers, loaded on first use. Each schema is compiled when it is first needed: compiling all of them would take longer
 * than the rest of the start-up, and few are needed in the first second. Equal schemas, such as those of the errors that most routes answer
 * with, are compiled once for all routes and all applications of the process.
 */
export function lazyCompilers() {
  return {
    // Fastify accepts `true` or the errors. Its type asks for everything that an Ajv function has.
    buildValidator: ((schemas, options) => (route: FastifyRouteSchemaDef<object>) => {
      const validator = once(() => validatorCompilerOf(schemas as NamedSchemas, options)(route))
      const coercer = once(() => coercerOf(route.schema, schemas as NamedSchemas))
      const isText = TEXT_PARTS.has(route.httpPart ?? '')
      return (data: unknown) => {
        if (isText) coercer()(data as Record<string, unknown>)
        return validator()(data) || { error: validator().errors }
      }
    }) as BuildCompilerFromPool,
    buildSerializer: ((schemas, options) => route => {
      const serializer = once(() => serializerOf(route, schemas as NamedSchemas, options))
      return data => serializer()(data)
    }) satisfies SerializerFactory,
  }
}

const validators = once((): BuildCompilerFromPool => require('@fastify/ajv-compiler')())
const serializers = once((): SerializerFactory => require('@fastify/fast-json-stringify-compiler')())

// All applications have the same options.
const validatorCompilers = new WeakMap<NamedSchemas, ValidatorCompiler>()
const compiledValidators = new Map<ValidatorCompiler, Map<string, Validator>>()
const compiledSerializers = new Map<string, Serializer>()

/** One for all scopes with these named schemas: `@fastify/ajv-compiler` would write all of them as JSON for each scope, to find its own. */
export function validatorCompilerOf(schemas: NamedSchemas, options: AjvOptions): ValidatorCompiler {
  return validatorCompilers.getOrInsertComputed(schemas, () => {
    const compile = validators()(schemas, options)
    const compiled = compiledValidators.getOrInsertComputed(compile, () => new Map())
    return route => compiled.getOrInsertComputed(JSON.stringify(route.schema), () => compile(route))
  })
}

/** `fast-json-stringify` prepares every schema that it is given for each serializer, so it gets no others than this one refers to. */
export function serializerOf(
  route: Parameters<SerializerCompiler>[0],
  schemas: NamedSchemas,
  options?: Parameters<SerializerFactory>[1],
): Serializer {
  const referredTo: NamedSchemas = {}
  const texts = [JSON.stringify(route.schema)]
  for (const text of texts)
    for (const [, name = ''] of text.matchAll(/"\$ref":"([^"#]+)/g)) {
      const named = schemas[name]
      if (!named || name in referredTo) continue
      referredTo[name] = named
      texts.push(JSON.stringify(named))
    }
  return compiledSerializers.getOrInsertComputed(texts.join(), () => serializers()(referredTo, options)(route))
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
