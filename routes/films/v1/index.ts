import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { NotModified } from '#schemas/common.ts'
import { errors } from '#schemas/errors.ts'
import { Film, FilmOptions, FilmParams, Films } from '#schemas/films.ts'
import { ref } from '#schemas/ref.ts'
import { listFilms } from '#sql/films.ts'
import { applyOptions, optionsKey } from './options.ts'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.openapi.tag({ name: 'films', description: 'The Star Wars films: an example of a protected resource.' })

  const films = await app.cachedResponses({ name: 'films', load: loadFilms })

  async function loadFilms(): Promise<Film[]> {
    const rows = await listFilms(app.db)
    return rows.map(({ id, ...film }) => ({ ...film, url: `${app.config.PUBLIC_URL}/films/v1/${id}` }))
  }

  app.get(
    '/',
    {
      config: { errors: ['filmsNotFound'], withoutDatabase: true, scopes: ['films:read'], withoutUser: true },
      schema: {
        operationId: 'listFilms',
        tags: ['films'],
        summary: 'List films',
        description: 'Returns all films in the order of their episodes.',
        querystring: FilmOptions,
        response: { 200: ref(Films, 'The films.'), 304: NotModified },
      },
    },
    (request, reply) => films.send(request, reply, optionsKey(request), filmsResponse),
  )

  app.get(
    '/:film_id',
    {
      config: { access: 'public', errors: ['notFound'], withoutDatabase: true },
      schema: {
        operationId: 'getFilm',
        tags: ['films'],
        summary: 'Get a film',
        description:
          'Returns one film. It is public, so that a link to a film works for everyone; only the list of films is protected.',
        params: FilmParams,
        querystring: FilmOptions,
        response: { 200: ref(Film, 'The film.'), 304: NotModified },
      },
    },
    (request, reply) => {
      const film = films.data.find(({ episode_id }) => episode_id === request.params.film_id)
      if (!film) throw errors.notFound()
      films.send(request, reply, `${film.episode_id}/${optionsKey(request)}`, () => applyOptions(film, request.query))
    },
  )
}

function filmsResponse(films: Film[], { query }: { query: FilmOptions }): Films {
  if (films.length === 0) throw errors.filmsNotFound()
  return { results: films.map(film => applyOptions(film, query)), count: films.length }
}

export default routes
