/** What every page's template gets as `it`. */
import type { FastifyRequest } from 'fastify'
import { PASSWORD_MIN_LENGTH } from '#schemas/credentials.ts'
import { errors } from '#schemas/errors.ts'
import type { User } from '#schemas/users.ts'
import { basePath } from '../../config/base-path.ts'
import type { Translate, Values } from '../../languages/index.ts'
import { type NavigationEntry, navigation } from './navigation.ts'
import { withQuery } from './with-query.ts'

/** An error that the page shows. */
export interface Failure {
  code: string
  /** The field of the body that is to blame, if one is. */
  field?: string
  /** The code of somebody else's error that caused it. */
  detail?: string
  /** Seconds. */
  retryAfter?: number
}

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

type Query = Record<string, string | undefined>

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
  /** A time (ms, or as the API writes it) in the visitor's language, and as machines read it. */
  time(value: number | string): { text: string; iso: string }
  /** What was typed into the form that comes back. */
  values: Record<string, string>
  problem: { code: string; text: string; field: string | undefined; detail: string | undefined } | undefined
}

/** Never shown again, whatever a template asks for. */
const SECRET = /password|otp|code|credential/

/** The visitor's language, and links that keep it if it was chosen. */
function linksOf({ headers, locale, query, server }: FastifyRequest) {
  const base = basePath(server.config.PUBLIC_URL)
  const lang = textOrNone((query as Record<string, unknown> | undefined)?.lang)
  const language = server.languages.choose(lang, locale, headers['accept-language'])
  const chosen = lang === undefined ? undefined : language
  const href: PageContext['href'] = (path, more = {}) =>
    base + withQuery(path, { ...more, lang: 'lang' in more ? more.lang : chosen })
  return { base, language, href }
}

/** The URL of a page of ours. */
export function linkTo(request: FastifyRequest, path: string, query?: Query): string {
  return linksOf(request).href(path, query)
}

export function contextOf(
  request: FastifyRequest,
  { name, data = {} }: { name: string; data?: PageData },
  failure?: Failure,
): PageContext {
  const { assets, config, languages } = request.server
  const { APP_NAME, APP_URL, APP_LOGO } = config
  const query = queryOf(request)
  const { base, language, href } = linksOf(request)
  const path = pathOf(request)
  const here = hereOf(request, { path, query }, data, failure)
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
    time: timeIn(language),
    values: failure?.code === errors.crossSite.code ? {} : typedIn(request.body),
    problem: failure && {
      code: failure.code,
      text: textOf(failure, languages.translator(language, topic, 'problems'), passwordLength),
      field: fieldOf(failure),
      detail: failure.detail,
    },
  }
}

/** A topic may have its own words for an error; one that is new to pages is told in general ones. */
function textOf(failure: Failure, say: Translate, more: Values): string {
  const { code, retryAfter = 60 } = failure
  return (
    messageIf(say, `${code}.${fieldOf(failure)}`) ??
    messageIf(say, code, { count: retryAfter, ...more }) ??
    say('other')
  )
}

/** The message, if there is one with this key. */
function messageIf(say: Translate, key: string, values?: Values): string | undefined {
  const text = say(key, values)
  return text === key ? undefined : text
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

/** A form's values, but for secrets. */
function typedIn(body: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(textsIn(body)).filter(([field]) => !SECRET.test(field)))
}

/** Which field of a page an error is about: the id of the field. */
function fieldOf({ code, field }: Failure): string | undefined {
  if (code.startsWith('password-')) return 'password'
  if (code.startsWith('email-') || code === 'user-already-exists') return 'email'
  if (code.endsWith('code-invalid')) return code.slice(0, -'-invalid'.length).replaceAll('-', '_')
  if (code === 'otp-invalid') return 'otp'
  return field?.split('/')[0]
}

/** The links of a page, one with an error too, do not lead on to where nobody may be led. */
function queryOf({ query, server }: FastifyRequest): Query {
  const texts = textsIn(query)
  const { redirect_to, ...others } = texts
  return server.pages.redirectTarget(redirect_to) === undefined ? others : texts
}

/** What to ask for to see the page again: a form that came back has the URL that it was sent to, if that is a page's. */
function hereOf(
  { method, routeOptions, server }: FastifyRequest,
  asked: { path: string; query: Query },
  { here }: PageData,
  failure: Failure | undefined,
) {
  const path = here?.path ?? asked.path
  if (method === 'GET' || method === 'HEAD') return { path, query: asked.query }
  const hasPage = routeOptions.url !== undefined && server.hasRoute({ method: 'GET', url: routeOptions.url })
  if (!here && !(failure && hasPage)) return undefined
  // What an earlier form did is no news any more.
  return { path, query: { ...asked.query, done: undefined, ...here?.query } }
}

/** Browsers take what begins with two slashes for another host. */
function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0]?.replace(/^[/\\]*/, '/') ?? '/'
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** More than any page or form of ours has. */
const FIELDS_MAX = 50

/** A query or a form: of whatever a client sends, its first texts. */
function textsIn(values: unknown): Record<string, string> {
  const entries = Object.entries(values ?? {})
    .slice(0, FIELDS_MAX)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(entries)
}
