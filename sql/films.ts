/** The films: inserted by a migration, read-only afterwards. */
import type { Kysely, Selectable } from 'kysely'
import type { Tables } from './tables.ts'

declare module './tables.ts' {
  interface Tables {
    films: FilmsTable
  }
}

export interface FilmsTable {
  /** The episode's number. */
  id: number
  title: string
  episode_id: number
  director: string
  producer: string
  /** YYYY-MM-DD */
  release_date: string
  synopsis: string
  /** This and the four below: a JSON array of names. */
  characters: string
  planets: string
  species: string
  starships: string
  vehicles: string
}

export type FilmList = 'characters' | 'planets' | 'species' | 'starships' | 'vehicles'

/** A film with its lists of names parsed. */
export type FilmRow = Omit<Selectable<FilmsTable>, FilmList> & Record<FilmList, string[]>

/** All films in the order of their episodes. */
export async function listFilms(db: Kysely<Tables>): Promise<FilmRow[]> {
  const rows = await db.selectFrom('films').selectAll().orderBy('id').execute()
  return rows.map(withLists)
}

function withLists(row: Selectable<FilmsTable>): FilmRow {
  return {
    ...row,
    characters: names(row.characters),
    planets: names(row.planets),
    species: names(row.species),
    starships: names(row.starships),
    vehicles: names(row.vehicles),
  }
}

function names(json: string): string[] {
  const list: unknown = JSON.parse(json)
  if (!Array.isArray(list) || !list.every(name => typeof name === 'string')) throw new TypeError('not a list of names')
  return list
}
