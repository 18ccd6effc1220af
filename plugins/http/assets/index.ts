// app.assets: style sheet, icon and scripts of the pages, each served at a URL that changes with its content. Nothing is read before a page needs it.
import { extname } from 'node:path'
import fp from 'fastify-plugin'
import { type CachedResponse, cachedResponse, sendCached } from '../cached-responses/send.ts'
import { sourceOf } from './sources.ts'

declare module 'fastify' {
  interface FastifyInstance {
    assets: {
      /** The path of an asset below PUBLIC_URL, with a hash of its content. @throws where there is no such asset */
      pathOf(name: string): string
      /** Sends the asset of a path that `pathOf` returned: browsers keep it for a year. @returns false if there is none of that name */
      send(request: FastifyRequest, reply: FastifyReply, fileName: string): boolean
    }
  }
}

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

interface Asset {
  hash: string
  response: CachedResponse
}

export default fp(
  async app => {
    const assets = new Map<string, Asset>()

    function find(name: string): Asset | undefined {
      const known = assets.get(name)
      if (known) return known
      const source = sourceOf(name, app.config)
      if (source === undefined) return undefined
      const response = cachedResponse(source, TYPES[extname(name)] ?? '', 'public, max-age=31536000, immutable')
      const asset = { response, hash: response.etag.slice(1, 13) }
      assets.set(name, asset)
      return asset
    }

    app.decorate('assets', {
      pathOf(name) {
        const asset = find(name)
        if (!asset) throw new Error(`no such asset: ${name}`)
        const extension = extname(name)
        return `/assets/${name.slice(0, -extension.length)}.${asset.hash}${extension}`
      },
      send(request, reply, fileName) {
        const [, name = '', hash, extension = ''] = /^([a-z-]+)\.([\w-]{12})(\.\w+)$/.exec(fileName) ?? []
        const asset = find(name + extension)
        if (!asset) return false
        // While two versions run side by side, each is asked for the other's: better this one than none, but nobody may keep it.
        const cacheControl = asset.hash === hash ? asset.response.cacheControl : 'no-cache'
        sendCached(request, reply, { ...asset.response, cacheControl })
        return true
      },
    })
  },
  { name: 'assets', dependencies: ['config'] },
)
