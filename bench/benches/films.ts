/** A protected read against bare node:http [--only films,films-304,films-many,films-new] [--real] [--cpu-prof] */
import { play } from '../harness/play.ts'
import { films, filmsManyTokens, filmsNewTokens, filmsUnchanged } from '../scenarios/reads.ts'

export const run = (args: string[]) =>
  play('films', args, {
    films,
    'films-304': filmsUnchanged,
    'films-many': filmsManyTokens,
    'films-new': filmsNewTokens,
  })
