import { type Static, Type } from '@sinclair/typebox'
import { oneOf } from './ref.ts'

/** The lists that a caller can leave out, by `options[name]=false`. */
export const FILM_LISTS = ['characters', 'planets', 'species', 'starships', 'vehicles'] as const
export type FilmList = (typeof FILM_LISTS)[number]

const names = (description: string, example: string) =>
  Type.Optional(Type.Array(Type.String(), { description, examples: [[example]] }))

export const Film = Type.Object(
  {
    title: Type.String({ examples: ['A New Hope'] }),
    episode_id: Type.Integer({ examples: [4] }),
    director: Type.String(),
    producer: Type.String(),
    release_date: Type.String({ description: 'YYYY-MM-DD', examples: ['1977-05-25'] }),
    synopsis: Type.String(),
    url: Type.String({ examples: ['http://localhost:3000/films/v1/4'] }),
    characters: names('Who appears in it.', 'Leia Organa'),
    planets: names('Where it plays.', 'Tatooine'),
    species: names('Who they are.', 'Wookiee'),
    starships: names('What flies between stars.', 'Millennium Falcon'),
    vehicles: names('What goes elsewhere.', 'Sand Crawler'),
  },
  { $id: 'Film', additionalProperties: false },
)
export type Film = Static<typeof Film>

export const Films = Type.Object(
  { results: Type.Array(Type.Unsafe<Film>({ $ref: 'Film#' })), count: Type.Integer({ examples: [7] }) },
  { $id: 'Films', additionalProperties: false },
)

export type Films = Static<typeof Films>

const shown = (list: FilmList) =>
  Type.Optional(oneOf(['true', 'false'], { description: `\`false\` leaves \`${list}\` out.` }))

export const FilmOptions = Type.Object(
  {
    'options[characters]': shown('characters'),
    'options[planets]': shown('planets'),
    'options[species]': shown('species'),
    'options[starships]': shown('starships'),
    'options[vehicles]': shown('vehicles'),
  },
  { additionalProperties: false },
)
export type FilmOptions = Static<typeof FilmOptions>

export const FilmParams = Type.Object({
  film_id: Type.String({ description: "The episode's number.", examples: ['4'] }),
})
