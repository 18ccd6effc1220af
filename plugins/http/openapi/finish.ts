import { examplesOf, type NamedSchemas, resolve, type Schema } from './examples.ts'
import { OPTIONAL_BODY } from './operation.ts'
import { removeUnused } from './prune.ts'

interface Media {
  schema: Schema
  example?: unknown
  examples?: object
}

interface Operation {
  [OPTIONAL_BODY]?: true
  parameters?: { description?: string; schema: Schema }[]
  requestBody?: { required: boolean; content: Record<string, Media> }
  responses: Record<string, { content?: Record<string, Media> }>
}

export interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: NamedSchemas }
}

/** Says what @fastify/swagger leaves unsaid: optional bodies, examples of whole bodies, and what a parameter with a named schema means. What nobody refers to goes. */
export function finish(document: Document): Document {
  const { schemas } = document.components
  for (const operation of Object.values(document.paths).flatMap(path => Object.values(path))) {
    const { requestBody, parameters = [], responses } = operation
    if (requestBody && operation[OPTIONAL_BODY]) requestBody.required = false
    delete operation[OPTIONAL_BODY]
    for (const parameter of parameters) parameter.description ??= resolve(parameter.schema, schemas).description ?? ''
    for (const { content = {} } of [...(requestBody ? [requestBody] : []), ...Object.values(responses)])
      addExamples(content, schemas)
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
