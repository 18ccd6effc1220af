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

interface Source {
  type: string
  make(): string
}

/**
 * Answers for the routes that Swagger UI's plugin adds to this scope, below `prefix`.
 * @param documents by the URL of their route, each made at its first request
 */
export async function serveFromMemory(
  scope: FastifyInstance,
  prefix: string,
  documents: Record<string, Source>,
): Promise<void> {
  const files = new Set(await readdir(FOLDER))
  const made = new Map<string, CachedResponse>()

  function once(name: string, make: () => CachedResponse): CachedResponse {
    const response = made.get(name) ?? make()
    made.set(name, response)
    return response
  }

  function file(name: string): CachedResponse {
    if (!files.has(name)) throw errors.notFound()
    const type = MEDIA_TYPES[extname(name)] ?? 'application/octet-stream'
    return once(name, () => cachedResponse(readFileSync(join(FOLDER, name)), type, 'no-cache'))
  }

  function document(url: string): CachedResponse | undefined {
    const source = documents[url]
    return source && once(url, () => cachedResponse(source.make(), source.type, 'no-cache'))
  }

  // Just before the handler: of many first requests at once, one makes the document.
  scope.addHook<{ Params: { '*'?: string } }>('preHandler', (request, reply, done) => {
    const url = request.routeOptions.url ?? ''
    // The plugin's own redirect loses the path of PUBLIC_URL, which the proxy has removed.
    if (url === `${prefix}/static/index.html`) return reply.redirect('../')
    const response = url === `${prefix}/static/*` ? file(request.params['*'] ?? '') : document(url)
    if (!response) return done()
    sendCached(request, reply, response)
  })
}
