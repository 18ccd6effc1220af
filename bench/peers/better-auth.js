/**
 * better-auth on Fastify, set up by its documentation: sessions in MySQL with Redis as secondary storage, looked up for each request by `getSession`; its
 * own sign-in, with scrypt. Helmet and rate limit are Fastify's plugins, as in textbook.js.
 */

import { redisStorage } from '@better-auth/redis-storage'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { fromNodeHeaders } from 'better-auth/node'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { createPool } from 'mysql2/promise'
import { answerParent } from '../harness/messages.ts'

const OUT_OF_REACH = { window: 60, max: 1e9 }

answerParent(async ({ answer, secret, databaseUrl, redisUrl, prefix, account }) => {
  const app = Fastify()
  const auth = betterAuth({
    baseURL: 'http://127.0.0.1',
    secret,
    database: createPool({ uri: databaseUrl, timezone: 'Z' }),
    secondaryStorage: redisStorage({ client: new Redis(redisUrl), keyPrefix: `${prefix}better-auth:` }),
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: true, ...OUT_OF_REACH, customRules: { '/sign-in/email': OUT_OF_REACH } },
    // A load balancer would set the header; without an IP the limit would be skipped.
    advanced: { ipAddress: { ipAddressHeaders: ['x-forwarded-for'] } },
  })
  await (await getMigrations(auth.options)).runMigrations()
  await app.register(helmet)
  await app.register(rateLimit, { max: 1e9, timeWindow: '1 minute' })

  app.route({
    method: ['GET', 'POST'],
    url: '/api/auth/*',
    async handler(request, reply) {
      const response = await auth.handler(
        new Request(new URL(request.url, `http://${request.headers.host}`), {
          method: request.method,
          headers: fromNodeHeaders(request.headers),
          ...(request.body ? { body: JSON.stringify(request.body) } : {}),
        }),
      )
      reply.status(response.status)
      response.headers.forEach((value, key) => void reply.header(key, value))
      return reply.send(response.body ? await response.text() : null)
    },
  })
  app.get('/films/v1/', async (request, reply) => {
    const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) })
    if (!session) return reply.status(401).send()
    return answer
  })

  const signedUp = await auth.api.signUpEmail({ body: { name: 'Bench', ...account }, asResponse: true })
  const [cookie] = signedUp.headers.getSetCookie().map(each => each.split(';')[0])
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: Number(new URL(url).port), cookie }
})
