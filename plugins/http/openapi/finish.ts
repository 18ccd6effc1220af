import { type Errors, errorResponses, type Reference } from './error-responses.ts'
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
  responses: Record<string, { content?: Record<string, Media> } | Reference>
}

export interface Document {
  info: object
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, { post: Pick<Operation, 'requestBody'> }>
  components: { schemas: NamedSchemas; responses: Record<string, object>; securitySchemes: Record<string, object> }
}

/** Says what @fastify/swagger leaves unsaid: optional bodies, errors, examples of whole bodies, and what a parameter with a named schema means. What nobody refers to goes. */
export function finish(document: Document): Document {
  const { components } = document
  const { schemas } = components
  components.responses = {}
  for (const operation of Object.values(document.paths).flatMap(path => Object.values(path))) {
    const { requestBody, parameters = [], responses } = operation
    if (requestBody && operation[OPTIONAL_BODY]) requestBody.required = false
    delete operation[OPTIONAL_BODY]
    for (const parameter of parameters) parameter.description ??= resolve(parameter.schema, schemas).description ?? ''
    for (const body of [...(requestBody ? [requestBody] : []), ...Object.values(responses)])
      if ('content' in body) addExamples(body.content ?? {}, schemas)
    Object.assign(responses, errorResponses(operation[ERRORS] ?? { names: [] }, components.responses))
    delete operation[ERRORS]
  }
  for (const { post } of Object.values(document.webhooks)) addExamples(post.requestBody?.content ?? {}, schemas)
  removeUnused(document)
  return document
}

function addExamples(content: Record<string, Media>, schemas: NamedSchemas): void {
  for (const [type, media] of Object.entries(content)) {
    if (type.includes('json') && !media.example && !media.examples)
      Object.assign(media, examplesOf(media.schema, schemas))
  }
}
