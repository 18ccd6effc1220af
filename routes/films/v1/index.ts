import { createHash } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { errors } from '#schemas/errors.ts'
import { FILM_LISTS, Film, FilmOptions, FilmParams, Films } from '#schemas/films.ts'
import { ref } from '#schemas/ref.ts'
import { listFilms } from '#sql/films.ts'

/** How soon a change in the table shows (ms). */
const REFRESH = 30_000

const NOT_MODIFIED = Type.Null({ description: 'The answer is the one whose `ETag` came in `If-None-Match`' })

interface Prebuilt {
  etag: string
  bytes: Buffer
}

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'films', description: 'The first guarded resource' })

  let films: Film[] = []
  /** Answers, serialised once each: by path and options. Thrown away when the films change. */
  let prebuilt = new Map<string, Prebuilt>()

  async function refresh(): Promise<void> {
    const rows = await listFilms(app.db)
    const fresh = rows.map(({ id, ...film }) => ({ ...film, url: `${app.config.PUBLIC_URL}/films/v1/${id}` }))
    if (JSON.stringify(fresh) === JSON.stringify(films)) return
    films = fresh
    prebuilt = new Map()
  }

  await refresh()
  const timer = setInterval(
    () => refresh().catch(error => app.log.warn({ err: error }, 'films: not refreshed')),
    REFRESH,
  ).unref()
  app.addHook('onClose', () => clearInterval(timer))

  app.get(
    '/',
    {
      config: { errors: ['filmsNotFound'], withoutDatabase: true },
      schema: {
        operationId: 'listFilms',
        tags: ['films'],
        summary: 'All films, in the order of their episodes',
        querystring: FilmOptions,
        response: { 200: ref(Films, 'The films'), 304: NOT_MODIFIED },
      },
    },
    (request, reply) => {
      const key = optionsKey(request)
      send(request, reply, prebuilt.get(key) ?? build(reply, key, allFilms(request.query)))
    },
  )

  app.get(
    '/:film_id',
    {
      config: { access: 'public', errors: ['notFound'], withoutDatabase: true },
      schema: {
        operationId: 'getFilm',
        tags: ['films'],
        summary: 'One film',
        params: FilmParams,
        querystring: FilmOptions,
        response: { 200: ref(Film, 'The film'), 304: NOT_MODIFIED },
      },
    },
    (request, reply) => {
      const film = films.find(({ episode_id }) => episode_id === request.params.film_id)
      if (!film) throw errors.notFound()
      const key = `${film.episode_id}/${optionsKey(request)}`
      send(request, reply, prebuilt.get(key) ?? build(reply, key, without(film, request.query)))
    },
  )

  function allFilms(options: FilmOptions): Films {
    if (films.length === 0) throw errors.filmsNotFound()
    return { results: films.map(film => without(film, options)), count: films.length }
  }

  /** Serialises through the route's own schema. */
  function build(reply: FastifyReply, key: string, answer: Film | Films): Prebuilt {
    const bytes = Buffer.from(String(reply.serialize(answer)))
    const built = { bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` }
    prebuilt.set(key, built)
    return built
  }
}

/** The options as one short string; the common case, none at all, is seen at a glance. */
function optionsKey({ url, query }: FastifyRequest<{ Querystring: FilmOptions }>): string {
  if (!url.includes('?')) return 'all'
  return FILM_LISTS.map(list => (query[`options[${list}]`] === false ? '0' : '1')).join('')
}

function without(film: Film, options: FilmOptions): Film {
  const hidden = new Set<string>(FILM_LISTS.filter(list => options[`options[${list}]`] === false))
  return Object.fromEntries(Object.entries(film).filter(([name]) => !hidden.has(name))) as Film
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
function send(request: FastifyRequest, reply: FastifyReply, { etag, bytes }: Prebuilt): void {
  reply.header('cache-control', 'private, no-cache').header('etag', etag)
  if (matches(request.headers['if-none-match'], etag)) return void reply.code(304).send()
  reply.header('content-type', 'application/json; charset=utf-8').send(bytes)
}

function matches(condition: string | undefined, etag: string): boolean {
  if (condition === undefined) return false
  return (
    condition === etag ||
    condition === '*' ||
    condition.split(',').some(part => part.trim().replace(/^W\//, '') === etag)
  )
}

export default routes
