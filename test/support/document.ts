/** The OpenAPI document as tests read it. */
import type { FastifyInstance } from 'fastify'

export type Schema = Record<string, unknown> & { $ref?: string; allOf?: Schema[] }

interface Media {
  schema?: Schema
  example?: unknown
  examples?: Record<string, { value: unknown }>
}

export interface Response {
  $ref?: string
  description: string
  headers?: Record<string, object>
  content?: Record<string, Media>
}

export interface Parameter {
  name: string
  in: 'query' | 'path' | 'header'
  required?: boolean
  schema: Schema
  example?: unknown
}

export interface Operation {
  operationId: string
  summary: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { required: boolean; content: Record<string, Media> }
  responses: Record<string, Response>
}

export interface OpenApi {
  openapi: string
  info: object
  servers: { url: string }[]
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Schema>
    responses: Record<string, Response>
    securitySchemes: Record<string, object>
  }
}

export async function servedDocumentOf(app: FastifyInstance): Promise<OpenApi> {
  return (await app.inject('/openapi.json')).json<OpenApi>()
}

/** The document, with the responses in the place of references to them. */
export async function documentOf(app: FastifyInstance): Promise<OpenApi> {
  const document = await servedDocumentOf(app)
  for (const { operation } of operationsOf(document))
    for (const [status, { $ref }] of Object.entries(operation.responses))
      if ($ref) operation.responses[status] = document.components.responses[nameIn($ref)] as Response
  return document
}

const nameIn = ($ref: string) => $ref.slice($ref.lastIndexOf('/') + 1)

export function operationsOf({ paths }: OpenApi) {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )
}
