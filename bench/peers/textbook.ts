/**
 * The textbook route: what the documentation of Fastify, @fastify/jwt and @fastify/helmet leads to. The token is verified on each
 * request (with the plugin's cache of verified tokens on, which its documentation holds out for speed), the same films go through a response schema.
 */
import helmet from '@fastify/helmet'
import jwt from '@fastify/jwt'
import Fastify from 'fastify'
import { answerParent } from '../processes.ts'

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

answerParent(async ({ answer }: { answer: object }) => {
  const app = Fastify()
  await app.register(helmet)
  await app.register(jwt, { secret: 'a secret of the bench, long enough', verify: { cache: true } })
  app.addHook('onRequest', async request => {
    await request.jwtVerify()
  })
  app.get('/films/v1/', { schema: { response: { 200: films } } }, async () => answer)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  const token = app.jwt.sign({ user_id: '0', access_role: 'basic' }, { expiresIn: '1d' })
  return { port: Number(new URL(url).port), token }
})
