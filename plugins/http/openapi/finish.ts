import { type Errors, errorResponses } from './error-responses.ts'
import { examplesOf, type NamedSchemas, resolve, type Schema } from './examples.ts'
import { ERRORS, OPTIONAL_BODY } from './operation.ts'
import { removeUnused } from './prune.ts'

interface Media {
  schema: Schema
  example?: unknown
  examples?: object
}

interface Operation {
  operationId: string
  tags: string[]
  [OPTIONAL_BODY]?: true
  [ERRORS]?: Errors
  parameters?: { description?: string; schema: Schema }[]
  requestBody?: { required: boolean; content: Record<string, Media> }
  responses: Record<string, { content?: Record<string, Media> }>
}

export interface Document {
  info: object
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: NamedSchemas; securitySchemes: Record<string, object> }
}

/** Says what @fastify/swagger leaves unsaid: optional bodies, errors, examples of whole bodies, and what a parameter with a named schema means. What nobody refers to goes. */
export function finish(document: Document): Document {
  const { schemas } = document.components
  const made = new Map<string, object>()
  for (const operation of Object.values(document.paths).flatMap(path => Object.values(path))) {
    const { requestBody, parameters = [], responses } = operation
    if (requestBody && operation[OPTIONAL_BODY]) requestBody.required = false
    delete operation[OPTIONAL_BODY]
    for (const parameter of parameters) parameter.description ??= resolve(parameter.schema, schemas).description ?? ''
    for (const { content = {} } of [...(requestBody ? [requestBody] : []), ...Object.values(responses)])
      addExamples(content, schemas)
    Object.assign(responses, errorResponses(operation[ERRORS] ?? { names: [] }, made))
    delete operation[ERRORS]
  }
  removeUnused(document)
  return document
}

function addExamples(content: Record<string, Media>, schemas: NamedSchemas): void {
  for (const [type, media] of Object.entries(content)) {
    if (type.includes('json') && !media.example && !media.examples)
      Object.assign(media, examplesOf(media.schema, schemas))
  }
}
