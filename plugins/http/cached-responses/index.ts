// app.cachedResponses: for resources that are read often and change seldom. Each response is serialized once, and then sent as the same bytes with an ETag.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { type CachedResponse, cachedResponse, sendCached } from './send.ts'

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

  function add(key: string, json: string): CachedResponse {
    const response = cachedResponse(json, 'application/json; charset=utf-8', 'private, no-cache')
    responses.set(key, response)
    return response
  }

  return {
    get data() {
      return data
    },
    send(request, reply, key, build) {
      const response = responses.get(key) ?? add(key, String(reply.serialize(build(data, request))))
      sendCached(request, reply, response)
    },
  }
}
