// node examples/vanilla/serve.ts [service]: serves the example at http://localhost:5173, and the client's source with its types stripped.
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import { basename, join } from 'node:path'

const CLIENT = join(import.meta.dirname, '../../clients/browser/src')
const DEFAULT_SERVICE = 'http://localhost:3000'
const TYPES: Record<string, string> = { html: 'text/html; charset=utf-8', js: 'text/javascript' }

export function exampleServer(service: string): Server {
  return createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    try {
      const { type, text } = await load(path, service)
      response.writeHead(200, { 'content-type': type }).end(text)
    } catch {
      response.writeHead(404).end()
    }
  })
}

/** A path names a file by its last part alone, so it cannot leave the two folders. */
async function load(path: string, service: string): Promise<{ type: string; text: string }> {
  const name = basename(path) || 'index.html'
  if (path.startsWith('/client/')) {
    const source = await readFile(join(CLIENT, name), 'utf8')
    return { type: 'text/javascript', text: stripTypeScriptTypes(source) }
  }
  const text = await readFile(join(import.meta.dirname, name), 'utf8')
  return { type: TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain', text: text.replace(DEFAULT_SERVICE, service) }
}

if (import.meta.main) {
  const [service = DEFAULT_SERVICE] = process.argv.slice(2)
  exampleServer(service).listen(5173, 'localhost', () => console.log('http://localhost:5173'))
}
