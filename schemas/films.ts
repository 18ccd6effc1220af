import { type Static, Type } from '@sinclair/typebox'
import { errorCode } from './errors.ts'
import { ref } from './ref.ts'

/** The lists that a client can leave out with `options[name]=false`. */
export const FILM_LISTS = ['characters', 'planets', 'species', 'starships', 'vehicles'] as const
export type FilmList = (typeof FILM_LISTS)[number]

const names = (description: string, example: string) =>
  Type.Optional(Type.Array(Type.String(), { description, examples: [[example]] }))

export const Film = Type.Object(
  {
    title: Type.String({ examples: ['A New Hope'] }),
    episode_id: Type.Integer({ description: 'Number of the episode.', examples: [4] }),
    director: Type.String({ examples: ['George Lucas'] }),
    producer: Type.String({ examples: ['Gary Kurtz, Rick McCallum'] }),
    release_date: Type.String({ description: 'Release date (YYYY-MM-DD).', examples: ['1977-05-25'] }),
    synopsis: Type.String({ examples: ['Rebel spies have stolen the plans of a battle station. …'] }),
    url: Type.String({ description: 'URL of this film.', examples: ['http://localhost:3000/films/v1/4'] }),
    characters: names('Characters who appear in the film.', 'Leia Organa'),
    planets: names('Planets on which the film is set.', 'Tatooine'),
    species: names('Species that appear in the film.', 'Wookiee'),
    starships: names('Starships that appear in the film.', 'Millennium Falcon'),
    vehicles: names('Vehicles that appear in the film.', 'Sand Crawler'),
  },
  { $id: 'Film', additionalProperties: false },
)
export type Film = Static<typeof Film>

export const Films = Type.Object(
  {
    results: Type.Array(ref(Film)),
    count: Type.Integer({ description: 'Number of films.', examples: [7] }),
  },
  { $id: 'Films', additionalProperties: false },
)
export type Films = Static<typeof Films>

const option = (list: FilmList) =>
  Type.Optional(Type.Boolean({ description: `Set to \`false\` to leave \`${list}\` out.`, examples: [true] }))

export const FilmOptions = Type.Object(
  {
    'options[characters]': option('characters'),
    'options[planets]': option('planets'),
    'options[species]': option('species'),
    'options[starships]': option('starships'),
    'options[vehicles]': option('vehicles'),
  },
  { additionalProperties: false },
)
export type FilmOptions = Static<typeof FilmOptions>

export const FilmParams = Type.Object({
  film_id: Type.Integer({ description: 'Number of the episode.', examples: [4], ...errorCode('not-found') }),
})
