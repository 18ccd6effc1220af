/** The visitor's language, and where a page's links lead. */
import type { FastifyRequest } from 'fastify'
import { REDIRECT_MAX_LENGTH } from '#schemas/hosted-pages.ts'
import { basePath } from '../../config/base-path.ts'
import { textsIn } from './form-values.ts'
import { withQuery } from './with-query.ts'

export type Query = Record<string, string | undefined>

/** The visitor's language, and links that keep it if it was chosen. */
export function linksOf({ headers, locale, query, server }: FastifyRequest) {
  const base = basePath(server.config.PUBLIC_URL)
  const lang = textOrNone((query as Record<string, unknown> | undefined)?.lang)
  const language = server.languages.choose(lang, locale, headers['accept-language'])
  const chosen = lang === undefined ? undefined : language
  const href = (path: string, more: Query = {}) =>
    base + withQuery(path, { ...more, ...shortTarget(more), lang: 'lang' in more ? more.lang : chosen })
  return { base, language, href }
}

/** A page refuses a longer one: rather than nowhere, it leads to where one is led without. */
function shortTarget({ redirect_to }: Query): Query {
  return redirect_to !== undefined && redirect_to.length > REDIRECT_MAX_LENGTH ? { redirect_to: undefined } : {}
}

/** The URL of a page of ours. */
export function linkTo(request: FastifyRequest, path: string, query?: Query): string {
  return linksOf(request).href(path, query)
}

/** The links of a page, one with an error too, do not lead on to where nobody may be led. */
export function queryOf({ query, server }: FastifyRequest): Query {
  const texts = textsIn(query)
  const { redirect_to, ...others } = texts
  return server.pages.redirectTarget(redirect_to) === undefined ? others : texts
}

/** What to ask for to see the page again: a form that came back has the URL that it was sent to, if that is a page's. */
export function hereOf(
  { method, routeOptions, server }: FastifyRequest,
  asked: { path: string; query: Query },
  here: { path?: string; query?: Query } | undefined,
  failed: boolean,
) {
  const path = here?.path ?? asked.path
  if (method === 'GET' || method === 'HEAD') return { path, query: asked.query }
  const hasPage = routeOptions.url !== undefined && server.hasRoute({ method: 'GET', url: routeOptions.url })
  if (!here && !(failed && hasPage)) return undefined
  // What an earlier form did is no news any more.
  return { path, query: { ...asked.query, done: undefined, ...here?.query } }
}

/** Browsers take what begins with two slashes for another host. A proxy may send the whole URL. */
export function pathOf({ url }: FastifyRequest): string {
  const [path = ''] = url.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1)
  return path.replace(/^[/\\]*/, '/')
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
