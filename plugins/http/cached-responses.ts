// app.cachedResponses: for resources that are read often and change seldom. Each response is serialized once, and then sent as the same bytes with an ETag.
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /** Loads the data, and again at intervals until the service stops. */
    cachedResponses<Data>(options: CacheOptions<Data>): Promise<CachedResponses<Data>>
  }
}

interface CacheOptions<Data> {
  /** For the log. */
  name: string
  /** Must return JSON. */
  load(): Promise<Data>
  /** How soon a change in the database shows. */
  refreshSeconds?: number
}

interface CachedResponses<Data> {
  readonly data: Data
  /**
   * Sends the response cached under `key`, or 304 to a client that has it already. `build` makes it when it is first asked for; it goes
   * through the route's response schema. Keys must come from a small set: whatever a caller can vary without limit fills the memory.
   */
  send<Request extends Pick<FastifyRequest, 'headers'>>(
    request: Request,
    reply: Pick<FastifyReply, 'header' | 'code' | 'send' | 'serialize'>,
    key: string,
    build: (data: Data, request: Request) => unknown,
  ): void
}

interface CachedResponse {
  etag: string
  bytes: Buffer
}

export default fp(async app => void app.decorate('cachedResponses', options => cachedResponses(app, options)), {
  name: 'cached-responses',
})

async function cachedResponses<Data>(
  app: FastifyInstance,
  { name, load, refreshSeconds = 30 }: CacheOptions<Data>,
): Promise<CachedResponses<Data>> {
  let data = await load()
  let responses = new Map<string, CachedResponse>()

  async function refresh(): Promise<void> {
    const fresh = await load()
    if (JSON.stringify(fresh) === JSON.stringify(data)) return
    data = fresh
    responses = new Map()
  }

  const timer = setInterval(
    () => refresh().catch(err => app.log.warn({ err, name }, 'cached data not refreshed, retrying')),
    refreshSeconds * 1000,
  ).unref()
  app.addHook('onClose', () => clearInterval(timer))

  function add(key: string, bytes: Buffer): CachedResponse {
    const response = { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` }
    responses.set(key, response)
    return response
  }

  return {
    get data() {
      return data
    },
    send(request, reply, key, build) {
      const response = responses.get(key) ?? add(key, Buffer.from(String(reply.serialize(build(data, request)))))
      sendCached(request.headers['if-none-match'], reply, response)
    },
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
function sendCached(
  condition: string | undefined,
  reply: Pick<FastifyReply, 'header' | 'code' | 'send'>,
  { etag, bytes }: CachedResponse,
): void {
  reply.header('cache-control', 'private, no-cache')
  reply.header('etag', etag)
  if (matches(condition, etag)) return void reply.code(304).send()
  reply.header('content-type', 'application/json; charset=utf-8')
  reply.send(bytes)
}

function matches(condition: string | undefined, etag: string): boolean {
  if (condition === undefined) return false
  return (
    condition === etag ||
    condition === '*' ||
    condition.split(',').some(part => part.trim().replace(/^W\//, '') === etag)
  )
}
