/**
 * Fastify, set up by its documentation and that of @fastify/jwt, @fastify/helmet and @fastify/rate-limit: tokens are verified with the plugin's cache of
 * verified tokens (recommended for speed), `trusted` looks them up in a deny list in Redis, the films go through a response schema.
 */
import helmet from '@fastify/helmet'
import jwt from '@fastify/jwt'
import rateLimit from '@fastify/rate-limit'
import Fastify from 'fastify'
import { Redis } from 'ioredis'
import { answerParent } from '../harness/messages.ts'

const text = { type: 'string' }
const names = { type: 'array', items: text }
const film = {
  type: 'object',
  properties: {
    title: text,
    episode_id: { type: 'integer' },
    director: text,
    producer: text,
    release_date: text,
    synopsis: text,
    url: text,
    characters: names,
    planets: names,
    species: names,
    starships: names,
    vehicles: names,
  },
}
const films = {
  type: 'object',
  properties: { results: { type: 'array', items: film }, count: { type: 'integer' } },
}

answerParent(async ({ answer, secret, redisUrl, prefix }) => {
  const redis = new Redis(redisUrl)
  const app = Fastify()
  await app.register(helmet)
  await app.register(rateLimit, { max: 1e9, timeWindow: '1 minute' })
  await app.register(jwt, {
    secret,
    verify: { cache: true },
    trusted: async (_request, token) => (await redis.exists(`${prefix}denied:${token.jti}`)) === 0,
  })
  app.addHook('onRequest', async request => {
    await request.jwtVerify()
  })
  app.get('/films/v1/', { schema: { response: { 200: films } } }, async () => answer)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: Number(new URL(url).port) }
})
