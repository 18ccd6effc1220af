// app.swagger, app.openapi: the OpenAPI 3.1 document, generated from the schemas and the `config` of the routes. swagger-ui displays it.
import swagger from '@fastify/swagger'
import fp from 'fastify-plugin'
import { type CachedResponse, cachedResponse, sendCached } from '../cached-responses/send.ts'
import { skeleton } from './document.ts'
import { type Document, finish } from './finish.ts'
import { documented } from './operation.ts'
import { inOrder, type Tag } from './tags.ts'
import { documentedWebhooks, type Webhook } from './webhooks.ts'

declare module 'fastify' {
  interface FastifyInstance {
    openapi: {
      /** Describes a tag of the document; call it beside the routes that bear the tag. */
      tag(tag: Tag): void
      /** Describes what the service sends to others; call it in the plugin that sends it. */
      webhooks(webhooks: Webhook[]): void
      /** Sends the document, or 304 to a client that has it already. */
      send(request: Pick<FastifyRequest, 'headers'>, reply: Pick<FastifyReply, 'header' | 'code' | 'send'>): void
    }
  }
}

export default fp(
  async app => {
    const tags: Tag[] = []
    const webhooks: Webhook[] = []
    await app.register(swagger, {
      openapi: skeleton(app),
      refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json.$id ?? `schema-${i}`) },
      transform: ({ schema, url, route }) => ({ schema: documented(schema, route), url }),
      transformObject: document =>
        'openapiObject' in document
          ? {
              ...finish({ ...(document.openapiObject as Document), webhooks: documentedWebhooks(webhooks) }),
              tags: inOrder(tags),
            }
          : {},
    })
    let response: CachedResponse | undefined
    app.decorate('openapi', {
      tag: tag => void tags.push(tag),
      webhooks: more => void webhooks.push(...more),
      send(request, reply) {
        response ??= cachedResponse(JSON.stringify(app.swagger()), 'application/json; charset=utf-8', 'no-cache')
        sendCached(request, reply, response)
      },
    })
  },
  { name: 'openapi', dependencies: ['config', 'validation', 'access', 'errors', 'session-cookie'] },
)
