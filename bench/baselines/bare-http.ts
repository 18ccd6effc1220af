/** Lower bound of a read: `node:http` that sends one prepared response, byte for byte and header for header what the service sent. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Captured } from '../harness/client.ts'
import { answerParent } from '../harness/messages.ts'

answerParent(async ({ status, headers, body, keepAliveMs }: Captured) => {
  const bytes = Buffer.from(body)
  const server = createServer((_request, response) => {
    response.writeHead(status, headers)
    response.end(bytes.length > 0 ? bytes : undefined)
  })
  server.keepAliveTimeout = keepAliveMs
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port }
})
