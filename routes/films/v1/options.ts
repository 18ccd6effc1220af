/** The query options that leave lists of names out. */
import type { FastifyRequest } from 'fastify'
import { FILM_LISTS, type Film, type FilmOptions } from '#schemas/films.ts'

/** The options as one short string. Requests without a query, the common case, are recognized at a glance. */
export function optionsKey({
  url,
  query,
}: Pick<FastifyRequest<{ Querystring: FilmOptions }>, 'url' | 'query'>): string {
  if (!url.includes('?')) return 'all'
  return FILM_LISTS.map(list => (query[`options[${list}]`] === false ? '0' : '1')).join('')
}

export function applyOptions(film: Film, options: FilmOptions): Film {
  const hidden = new Set<string>(FILM_LISTS.filter(list => options[`options[${list}]`] === false))
  return Object.fromEntries(Object.entries(film).filter(([name]) => !hidden.has(name))) as Film
}
