import type { RequestListener, Server } from 'node:http'
import type { Config } from '../../config/index.ts'
import { inTurn } from './in-turn.ts'
import { linger } from './linger.ts'

/** Not imported: see errors/render.ts. */
const { createServer: createHttpServer } = process.getBuiltinModule('node:http')

/** Fastify's `serverFactory`: a server whose connections are bounded, in time and in what they may hold. */
export function createServer(config: Config, handle: RequestListener): Server {
  const options = {
    keepAliveTimeout: config.KEEP_ALIVE_SECONDS * 1000,
    requestTimeout: config.REQUEST_TIMEOUT_SECONDS * 1000,
    // How often Node checks for slow requests (ms): its default of 30 s would multiply the timeout.
    connectionsCheckingInterval: 1000,
    // By default Node drops a second Authorization header silently. Joined to the first, it makes an invalid one.
    joinDuplicateHeaders: true,
    // Node would answer 400 itself, without our headers, and to any number of requests at once: plugins/http/request-head.ts does.
    requireHostHeader: false,
  }
  const listener = inTurn((request, response) => {
    const { headers } = request
    if ('content-length' in headers || 'transfer-encoding' in headers) linger(request, response)
    handle(request, response)
  })
  return createHttpServer(options, listener)
}
