/** Steps shared by tests of social login: a service with all providers, and the browsers of its users. */
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import { insertLinkedLogin } from '#sql/linked-logins.ts'
import { findUserByEmail } from '#sql/users.ts'
import { build, call, type Environment, environment, type Test } from './app.ts'
import { ORIGIN, OWN_PAGE } from './cookies.ts'
import { type FacebookServer, startFacebook } from './providers/facebook.ts'
import { type GithubServer, startGithub } from './providers/github.ts'
import {
  LUKE,
  type OpenidOptions,
  type OpenidServer,
  startGoogle,
  startLinkedin,
  startOpenid,
} from './providers/openid.ts'
import { visit } from './providers/visit.ts'

export const callbackOf = (provider: string) => `${ORIGIN}/social/v1/${provider}/callback`

/** An OpenID provider of a company, as `/social/v1/corp`. */
export async function withCorp(t: Test, options: Partial<OpenidOptions> = {}, env: Environment = {}) {
  const corp = await startOpenid(t, { redirectUris: [callbackOf('corp'), APP_CALLBACK], ...options })
  const whole = await environment(t, { ...settingsOf({ corp }), REDIRECT_URLS: APP_PAGE, ...env })
  return { corp, env: whole, app: await build(t, whole) }
}

/** A service with a provider for each variant: for many of them, that is much quicker than a service each. */
export async function withVariants<Name extends string>(
  t: Test,
  variants: Record<Name, Partial<OpenidOptions>>,
): Promise<{ app: FastifyInstance; servers: Record<Name, OpenidServer> }> {
  const started = await Promise.all(
    Object.entries<Partial<OpenidOptions>>(variants).map(async ([name, options]) => [
      name,
      await startOpenid(t, { redirectUris: [callbackOf(name)], ...options }),
    ]),
  )
  const servers: Record<Name, OpenidServer> = Object.fromEntries(started)
  return { app: await build(t, settingsOf(servers)), servers }
}

/** A page of an application, in REDIRECT_URLS, and the redirect URI of its own login. */
export const APP_PAGE = 'https://app.example/after-login'
export const APP_CALLBACK = 'https://app.example/callback'

/** The setting for providers by their issuer. */
export function settingsOf(providers: Record<string, OpenidServer>): Environment {
  const entries = Object.entries(providers).map(([key, { issuer, clientId, clientSecret }]) => [
    key,
    { issuer, client_id: clientId, client_secret: clientSecret, name: key },
  ])
  return { OIDC_PROVIDERS: JSON.stringify(Object.fromEntries(entries)) }
}

export interface Providers {
  google: OpenidServer
  linkedin: OpenidServer
  github: GithubServer
  facebook: FacebookServer
  corp: OpenidServer
}

/** A service with the four and a company's provider. */
export async function withAll(
  t: Test,
  env: Environment = {},
): Promise<Providers & { app: FastifyInstance; env: Environment }> {
  const uris = (provider: string) => ({ redirectUris: [callbackOf(provider), APP_CALLBACK] })
  const google = await startGoogle(t, { ...uris('google'), clientId: 'google-client' })
  // Google has authority over addresses of a domain that it hosts.
  google.people.set(LUKE, { ...google.people.get(LUKE), hd: 'alderaan.example' })
  const linkedin = await startLinkedin(t, { ...uris('linkedin'), clientId: 'linkedin-client' })
  const github = await startGithub(t, { callback: callbackOf('github') })
  const facebook = await startFacebook(t, uris('facebook'))
  const corp = await startOpenid(t, uris('corp'))
  const whole = await environment(t, {
    GOOGLE_CLIENT_ID: google.clientId,
    GOOGLE_CLIENT_SECRET: google.clientSecret,
    GOOGLE_ISSUER: google.issuer,
    LINKEDIN_CLIENT_ID: linkedin.clientId,
    LINKEDIN_CLIENT_SECRET: linkedin.clientSecret,
    LINKEDIN_ISSUER: linkedin.issuer,
    GITHUB_CLIENT_ID: github.clientId,
    GITHUB_CLIENT_SECRET: github.clientSecret,
    GITHUB_BASE_URL: github.url,
    GITHUB_API_URL: github.apiUrl,
    FACEBOOK_CLIENT_ID: facebook.appId,
    FACEBOOK_CLIENT_SECRET: facebook.appSecret,
    FACEBOOK_ISSUER: facebook.url,
    FACEBOOK_API_URL: facebook.apiUrl,
    ...settingsOf({ corp }),
    REDIRECT_URLS: APP_PAGE,
    ...env,
  })
  return { google, linkedin, github, facebook, corp, env: whole, app: await build(t, whole) }
}

/** Links an identity at the provider to a user's account, as the account page does. */
export async function linkedTo(app: FastifyInstance, { issuer }: OpenidServer, email: string, subject = email) {
  const user = await findUserByEmail(app.db, email)
  if (!user) throw new Error(`no user: ${email}`)
  const identity = { provider: 'corp', issuer, subject, email: null, name: null }
  await app.db.transaction().execute(tx => insertLinkedLogin(tx, user.id, identity))
}

/** A browser with its own cookies, which follows no redirect by itself. */
export class Browser {
  readonly cookies = new Map<string, string>()
  readonly app: FastifyInstance

  constructor(app: FastifyInstance) {
    this.app = app
  }

  /** Opens a page of the service, as after a click elsewhere. */
  open(url: string | URL): Promise<LightMyRequestResponse> {
    return this.#send('GET', url, { accept: 'text/html', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })
  }

  /** Sends a form from a page of the service. */
  post(url: string, payload: object, headers: Environment = OWN_PAGE): Promise<LightMyRequestResponse> {
    return this.#send('POST', url, { accept: 'text/html', ...headers }, payload)
  }

  /** Starts a login. Resolves to the provider's URL. */
  async begin(provider: string, redirectTo?: string): Promise<string> {
    const query = redirectTo === undefined ? '' : `?redirect_to=${encodeURIComponent(redirectTo)}`
    const response = await this.open(`/social/v1/${provider}/authorize${query}`)
    const location = response.headers.location
    if (response.statusCode !== 302 || !location)
      throw new Error(`no redirect: ${response.statusCode} ${response.body}`)
    return location
  }

  /** Logs in at the provider. Resolves to the callback with its code, not opened yet. */
  async callback(provider: string, redirectTo?: string): Promise<URL> {
    return visit(await this.begin(provider, redirectTo))
  }

  /** The whole login. Resolves to the response of the callback. */
  async logIn(provider: string, redirectTo?: string): Promise<LightMyRequestResponse> {
    return this.open(await this.callback(provider, redirectTo))
  }

  /** The id of the user whose session this browser has, by its cookie. */
  async user(): Promise<number | undefined> {
    const response = await this.#send('GET', '/users/v1/me', {})
    return response.statusCode === 200 ? response.json<{ id: number }>().id : undefined
  }

  async #send(method: 'GET' | 'POST', url: string | URL, headers: Environment, payload?: object) {
    const { pathname, search } = new URL(url, ORIGIN)
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await call(this.app, method, pathname + search, {
      headers: { ...headers, ...(cookie && { cookie }) },
      ...(payload && { payload }),
    })
    for (const { name, value } of response.cookies) {
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return response
  }
}

/** How many accounts, sessions and linked logins there are: an attack that fails changes none of it. */
export async function gained(app: FastifyInstance): Promise<{ users: number; sessions: number; logins: number }> {
  const count = async (table: 'users' | 'sessions' | 'linked_logins') => {
    const { n } = await app.db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    return Number(n)
  }
  return { users: await count('users'), sessions: await count('sessions'), logins: await count('linked_logins') }
}

export const NOTHING = { users: 0, sessions: 0, logins: 0 }
