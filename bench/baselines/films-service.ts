/** Another service on Fastify that sends the films: to everybody, or to whoever has an access token, verified by clients/verify. */
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import holocron from '../../clients/verify/src/fastify.ts'
import type { Options } from '../../clients/verify/src/types.ts'
import { answerParent } from '../harness/messages.ts'

interface Question {
  body: string
  /** Absent where nothing is checked. */
  verifier?: Options
}

answerParent(async ({ body, verifier }: Question) => {
  const app = fastify()
  if (verifier) await app.register(holocron, verifier)
  app.get('/films/v1/', (_request, reply) => {
    reply.type('application/json; charset=utf-8').send(body)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: (app.server.address() as AddressInfo).port }
})
