// node examples/cors/serve.ts [service]: serves the same page at two origins, http://localhost:5173 and http://localhost:5174.
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { basename, join } from 'node:path'

const DEFAULT_SERVICE = 'http://localhost:3000'
const TYPES: Record<string, string> = { html: 'text/html; charset=utf-8', js: 'text/javascript' }

export function corsExampleServer(service: string): Server {
  return createServer(async (request, response) => {
    const name = basename(new URL(request.url ?? '/', 'http://localhost').pathname) || 'index.html'
    try {
      const text = await readFile(join(import.meta.dirname, name), 'utf8')
      const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'text/plain'
      response.writeHead(200, { 'content-type': type }).end(text.replace(DEFAULT_SERVICE, service))
    } catch {
      response.writeHead(404).end()
    }
  })
}

if (import.meta.main) {
  const [service = DEFAULT_SERVICE] = process.argv.slice(2)
  for (const port of [5173, 5174])
    corsExampleServer(service).listen(port, 'localhost', () => console.log(`http://localhost:${port}`))
}
