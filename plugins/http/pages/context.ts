/** What every page's template gets as `it`. */
import type { FastifyRequest } from 'fastify'
import { PASSWORD_MIN_LENGTH } from '#schemas/credentials.ts'
import { errors } from '#schemas/errors.ts'
import type { User } from '#schemas/users.ts'
import type { Translate } from '../../languages/index.ts'
import { typedIn } from './form-values.ts'
import { hereOf, linksOf, pathOf, type Query, queryOf } from './links.ts'
import { type Following, following, type Live } from './live.ts'
import { type NavigationEntry, navigation } from './navigation.ts'
import { type Failure, messageIf, type Problem, problemOf } from './problem.ts'

/** What a page's template gets besides. */
export interface PageData {
  /** Names an asset: without it, the page runs no script. */
  script?: string
  /** Where the browser goes from the page by itself: a redirect that no form's policy (`form-action`) forbids. */
  away?: string
  /** Where the page's form may lead in the end, if to another origin. */
  next?: string
  /** What to ask for to see the page again, where that is not what its form was sent to. */
  here?: { path?: string; query?: Query }
  [name: string]: unknown
}

/** A page as `reply.page` takes it. */
export interface Page {
  name: string
  data?: PageData
  /** Keeps the page up to date while it is open, by a script: it has no other. Not for what a form leads to, which cannot be fetched again. */
  live?: Live | undefined
}

interface PageContext {
  /** Says things in the visitor's language. */
  t: Translate
  /** Says things of another topic, which several sections share. */
  topic(name: string): Translate
  language: string
  /** The same page, or its form once more, in each language; empty where it cannot be asked for again. */
  languages: { tag: string; name: string; href: string }[]
  /** @param query its `lang` takes the place of the one that was chosen; undefined drops it */
  href(path: string, query?: Query): string
  asset(name: string): string
  brand: { name: string; url: string | undefined; logo: string | undefined }
  /** Characters. */
  passwordLength: { min: number; max: number }
  query: Query
  /** What the form that led here did. */
  done: string | undefined
  /** Who is signed in, on the pages of a console. */
  account: User | undefined
  sections: NavigationEntry[]
  /** What keeps the page up to date. */
  following: Following | undefined
  /** A time (ms, or as the API writes it) in the visitor's language, and as machines read it. */
  time(value: number | string): { text: string; iso: string }
  /** What was typed into the form that comes back. */
  values: Record<string, string>
  problem: Problem | undefined
}

export function contextOf(request: FastifyRequest, { name, data = {}, live }: Page, failure?: Failure): PageContext {
  const { assets, config, languages } = request.server
  const { APP_NAME, APP_URL, APP_LOGO } = config
  const query = queryOf(request)
  const { base, language, href } = linksOf(request)
  const path = pathOf(request)
  const here = hereOf(request, { path, query }, data.here, failure !== undefined)
  const topic = name.slice(0, Math.max(name.lastIndexOf('/'), 0))
  const t = languages.translator(language, topic, 'common')
  const passwordLength = { min: PASSWORD_MIN_LENGTH, max: config.PASSWORD_MAX_LENGTH }

  return {
    t,
    topic: name => languages.translator(language, name),
    language,
    languages: (here ? languages.available : []).map(tag => ({
      tag,
      name: languages.nameOf(tag),
      href: href(here?.path ?? path, { ...here?.query, lang: tag }),
    })),
    href,
    asset: file => base + assets.pathOf(file),
    brand: { name: APP_NAME, url: APP_URL, logo: APP_LOGO },
    passwordLength,
    query,
    done: messageIf(t, `done.${query.done}`),
    account: request.account ?? undefined,
    sections: navigation(request.sections ?? [], path).map(({ topic, path, current }) => ({
      label: languages.translator(language, topic)('nav'),
      href: href(path),
      current,
    })),
    following: following(live, request.stream),
    time: timeIn(language),
    values: failure?.code === errors.crossSite.code ? {} : typedIn(request.body),
    problem: failure && problemOf(failure, languages.translator(language, topic, 'problems'), passwordLength),
  }
}

const timeFormats = new Map<string, Intl.DateTimeFormat>()

/** Pages do not know where the visitor is. */
function timeIn(language: string): PageContext['time'] {
  return value => {
    const format =
      timeFormats.get(language) ??
      new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
    timeFormats.set(language, format)
    const date = new Date(value)
    return { text: `${format.format(date)} UTC`, iso: date.toISOString() }
  }
}
