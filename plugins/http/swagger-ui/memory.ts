/**
 * Swagger UI's plugin builds its documents at every request, and holds an open file for every response that a client does not read.
 * Here each is made once, and sent from one buffer.
 */
import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { type CachedResponse, cachedResponse, sendCached } from '../cached-responses/send.ts'

const FOLDER = join(createRequire(import.meta.url).resolve('@fastify/swagger-ui'), '../static')

const MEDIA_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
}

/** Answers for the routes that Swagger UI's plugin adds to this scope, below `prefix`. */
export async function serveFromMemory(scope: FastifyInstance, prefix: string): Promise<void> {
  const documents = new Map<string, CachedResponse | undefined>([
    [`${prefix}/json`, undefined],
    [`${prefix}/yaml`, undefined],
  ])
  const files = new Set(await readdir(FOLDER))
  const read = new Map<string, CachedResponse>()

  function file(name: string): CachedResponse {
    if (!files.has(name)) throw errors.notFound()
    const type = MEDIA_TYPES[extname(name)] ?? 'application/octet-stream'
    const response = read.get(name) ?? cachedResponse(readFileSync(join(FOLDER, name)), type, 'no-cache')
    read.set(name, response)
    return response
  }

  // Just before the handler: of many first requests at once, one makes the document.
  scope.addHook<{ Params: { '*'?: string } }>('preHandler', (request, reply, done) => {
    const url = request.routeOptions.url ?? ''
    // The plugin's own redirect loses the path of PUBLIC_URL, which the proxy has removed.
    if (url === `${prefix}/static/index.html`) return reply.redirect('../')
    const response = url === `${prefix}/static/*` ? file(request.params['*'] ?? '') : documents.get(url)
    if (!response) return done()
    sendCached(request, reply, response)
  })

  // The first response is the plugin's own.
  scope.addHook('onSend', (request, reply, payload, done) => {
    const url = request.routeOptions.url ?? ''
    if (typeof payload !== 'string' || reply.statusCode !== 200 || !documents.has(url)) return done(null, payload)
    const response = cachedResponse(payload, String(reply.getHeader('content-type')), 'no-cache')
    documents.set(url, response)
    reply.headers({ 'cache-control': response.cacheControl, etag: response.etag })
    done(null, response.bytes)
  })
}
