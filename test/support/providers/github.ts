/**
 * GitHub as it documents its OAuth flow and the two reads a login needs. The API is below `/api/v3`, as on GitHub Enterprise.
 * @see https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 * @see https://docs.github.com/en/rest/users/emails
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Test } from '../app.ts'
import { type Counterpart, sendJson, startCounterpart } from './counterpart.ts'
import { Codes } from './oauth-codes.ts'

export interface GithubEmail {
  email: string
  primary: boolean
  verified: boolean
  visibility: 'public' | 'private' | null
}

export interface GithubUser {
  id: number
  login: string
  name: string | null
  /** What the profile shows, which is not always verified, and often null. */
  email: string | null
  emails: GithubEmail[]
}

export interface GithubOptions {
  /** The registered callback. */
  callback: string
  clientId?: string
  clientSecret?: string
}

export const OCTOCAT: GithubUser = {
  id: 583231,
  login: 'octocat',
  name: 'The Octocat',
  email: null,
  emails: [
    { email: 'octocat@users.noreply.github.example', primary: false, verified: true, visibility: null },
    { email: 'octocat@alderaan.example', primary: true, verified: true, visibility: 'private' },
  ],
}

const DOCS = 'https://docs.github.com/rest'

export class GithubServer {
  readonly counterpart: Counterpart
  readonly clientId: string
  readonly clientSecret: string
  readonly callback: string
  /** Who is logged in there. */
  user: GithubUser = structuredClone(OCTOCAT)
  /** Sent with callbacks, at times. */
  iss: string | undefined
  /** How it answers at the limit: with which status, and whether it says until when, or for how long. */
  limited: { status: 403 | 429; headers: Record<string, string> } | undefined
  /** The user takes scopes away, which GitHub's page allowed once, or an Enterprise's administrator does. */
  granted: string[] | undefined
  #codes = new Codes()
  #tokens = new Map<string, string[]>()

  constructor(counterpart: Counterpart, options: GithubOptions) {
    this.counterpart = counterpart
    this.callback = options.callback
    this.clientId = options.clientId ?? 'Iv1.holocron'
    this.clientSecret = options.clientSecret ?? 'github-secret-that-nobody-should-log'
    counterpart.handler = (request, response) => this.#route(request, response)
  }

  get url(): string {
    return this.counterpart.url
  }

  get apiUrl(): string {
    return `${this.url}/api/v3`
  }

  /** Every token is revoked, as its user can. */
  revokeAll(): void {
    this.#tokens.clear()
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    if (request.method === 'GET' && pathname === '/login/oauth/authorize')
      return this.#authorize(searchParams, response)
    if (request.method === 'POST' && pathname === '/login/oauth/access_token') return this.#token(request, response)
    if (request.method === 'GET' && pathname.startsWith('/api/v3/')) return this.#api(request, response)
    response.writeHead(404).end('Not Found')
  }

  #authorize(query: URLSearchParams, response: ServerResponse): void {
    if (query.get('client_id') !== this.clientId) return void response.writeHead(404).end('Not Found')
    const redirectUri = query.get('redirect_uri') ?? this.callback
    const answer = (parameters: Record<string, string>, to = redirectUri) => {
      const url = new URL(to)
      const state = query.get('state')
      const all = { ...parameters, ...(state !== null && { state }), ...(this.iss !== undefined && { iss: this.iss }) }
      for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
      response.writeHead(302, { location: url.href }).end()
    }
    if (!this.#mayRedirectTo(redirectUri))
      return answer({ error: 'redirect_uri_mismatch', error_description: MISMATCH }, this.callback)
    const challenge = query.get('code_challenge') ?? undefined
    if (challenge !== undefined && query.get('code_challenge_method') !== 'S256')
      return answer({ error: 'invalid_request', error_description: 'The code_challenge_method must be S256.' })
    const scopes = this.granted ?? (query.get('scope') ?? '').split(/[ ,]+/).filter(Boolean)
    answer({
      code: this.#codes.issue({ clientId: this.clientId, redirectUri, scopes, challenge, user: this.user.login }),
    })
  }

  /** Host and port are those of the callback, and the path is below its. */
  #mayRedirectTo(uri: string): boolean {
    const registered = new URL(this.callback)
    const url = URL.canParse(uri) ? new URL(uri) : undefined
    if (url?.origin !== registered.origin) return false
    return url.pathname === registered.pathname || url.pathname.startsWith(`${registered.pathname}/`)
  }

  /** Errors come with status 200. A form, unless JSON is asked for. */
  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request))
    const answer = this.#redeemed(form)
    if (/application\/json/.test(request.headers.accept ?? '')) return sendJson(response, 200, answer)
    response.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' })
    response.end(new URLSearchParams(answer).toString())
  }

  #redeemed(form: URLSearchParams): Record<string, string> {
    if (form.get('client_id') !== this.clientId || form.get('client_secret') !== this.clientSecret)
      return problem('incorrect_client_credentials', 'The client_id and/or client_secret passed are incorrect.')
    const redirectUri = form.get('redirect_uri') ?? this.callback
    if (!this.#mayRedirectTo(redirectUri)) return problem('redirect_uri_mismatch', MISMATCH)
    const verifier = form.get('code_verifier') ?? undefined
    const authorization = this.#codes.redeem(form.get('code') ?? '', this.clientId, verifier)
    if (authorization?.redirectUri !== redirectUri)
      return problem('bad_verification_code', 'The code passed is incorrect or expired.')
    const access_token = `gho_${randomBytes(18).toString('hex')}`
    this.#tokens.set(access_token, authorization.scopes)
    return { access_token, token_type: 'bearer', scope: authorization.scopes.join(',') }
  }

  #api(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    const refuse = (status: number, message: string, headers = {}) =>
      sendJson(response, status, { message, documentation_url: DOCS, status: String(status) }, headers)
    if (!request.headers['user-agent']) return refuse(403, 'Request forbidden by administrative rules.')
    const scopes = this.#tokens.get(/^(?:Bearer|token) (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '')
    if (!scopes) return refuse(401, 'Bad credentials')
    if (this.limited) return refuse(this.limited.status, 'API rate limit exceeded for user ID 1.', this.limited.headers)
    const granted = { 'x-oauth-scopes': scopes.join(', ') }
    const { emails, ...profile } = this.user
    if (pathname === '/api/v3/user') return sendJson(response, 200, { ...profile, type: 'User' }, granted)
    if (pathname !== '/api/v3/user/emails') return refuse(404, 'Not Found')
    if (!scopes.includes('user:email') && !scopes.includes('user'))
      return refuse(404, 'Not Found', { ...granted, 'x-accepted-oauth-scopes': 'user, user:email' })
    const size = Math.min(Number(searchParams.get('per_page') ?? 30), 100)
    const page = Number(searchParams.get('page') ?? 1)
    const links = this.#links(Math.ceil(emails.length / size), page, size)
    sendJson(response, 200, emails.slice((page - 1) * size, page * size), {
      ...granted,
      ...(links && { link: links }),
    })
  }

  #links(pages: number, page: number, size: number): string {
    const link = (to: number, rel: string) => `<${this.apiUrl}/user/emails?per_page=${size}&page=${to}>; rel="${rel}"`
    const before = page > 1 ? [link(page - 1, 'prev'), link(1, 'first')] : []
    const after = page < pages ? [link(page + 1, 'next'), link(pages, 'last')] : []
    return [...before, ...after].join(', ')
  }
}

const MISMATCH = 'The redirect_uri MUST match the registered callback URL for this application.'

function problem(error: string, error_description: string): Record<string, string> {
  return { error, error_description, error_uri: `https://docs.github.com/apps/#${error.replaceAll('_', '-')}` }
}

export async function startGithub(t: Test, options: GithubOptions): Promise<GithubServer> {
  return new GithubServer(await startCounterpart(t), options)
}
