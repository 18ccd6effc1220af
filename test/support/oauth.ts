/** The OpenID provider with applications and people: a service that listens where its tokens say, and a browser without scripts. */
import { parseSetCookie } from 'cookie'
import type { FastifyInstance } from 'fastify'
import * as openid from 'openid-client'
import type { NewOAuthClient } from '#schemas/oauth-clients.ts'
import { build, type Environment, environment, listen, NO_CLIENT, PASSWORD, type Test, verifiedUser } from './app.ts'
import { freePort } from './free-port.ts'

export const CALLBACK = 'https://news.example/callback'

export async function serve(t: Test, env: Environment = {}, log?: Parameters<typeof build>[2]) {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const whole = await environment(t, { PUBLIC_URL: issuer, ...env })
  const app = await build(t, whole, log)
  await app.listen({ host: '127.0.0.1', port })
  return { app, issuer, env: whole }
}

/** Another instance of a service. @returns where it listens: its tokens say the other's address */
export async function serveAnother(t: Test, env: Environment) {
  const app = await build(t, env)
  return { app, url: await listen(app) }
}

/** Registers an application, and sets up openid-client for it. */
export async function application(app: FastifyInstance, metadata: Partial<NewOAuthClient> = {}) {
  const { client, client_secret } = await app.oauthClients.create(
    { client_name: 'Holonet News', redirect_uris: [CALLBACK], ...metadata },
    { client: NO_CLIENT },
  )
  const id = client.client_id
  const issuer = new URL(app.config.PUBLIC_URL)
  const options = { execute: [openid.allowInsecureRequests] }
  const configuration = await openid.discovery(
    issuer,
    id,
    { ...(client_secret && { client_secret }), ...client.metadata },
    undefined,
    options,
  )
  return { id, secret: client_secret, configuration }
}

export type Application = Awaited<ReturnType<typeof application>>

/** A browser, by its cookies. It runs no scripts, and follows no redirect by itself. */
export function browser(issuer: string) {
  const jar = new Map<string, { value: string; path: string }>()

  async function send(url: string, init: RequestInit = {}): Promise<Response> {
    const target = new URL(url, issuer)
    const cookies = [...jar].filter(([, { path }]) => target.pathname.startsWith(path))
    const headers = new Headers(init.headers)
    headers.set('accept', 'text/html')
    headers.set('cookie', cookies.map(([name, { value }]) => `${name}=${value}`).join('; '))
    const response = await fetch(target, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const { name, value = '', path = '/', maxAge, expires } = parseSetCookie(line)
      if (value === '' || maxAge === 0 || (expires && expires.getTime() < Date.now())) jar.delete(name)
      else jar.set(name, { value, path })
    }
    return response
  }

  const get = (url: string) => send(url)
  const post = (url: string, form: Record<string, string>) =>
    send(url, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { origin: issuer, 'sec-fetch-site': 'same-origin' },
    })

  return {
    jar,
    get,
    post,
    /** Signs in at the service itself. */
    async signIn(app: FastifyInstance, user?: { email: string; password: string }) {
      const { email } = user ?? (await verifiedUser(app))
      const response = await post('/signin', { email, password: user?.password ?? PASSWORD, remember: 'on' })
      if (response.status !== 303) throw new Error(`not signed in: ${response.status} ${await response.text()}`)
      return { email }
    },
    /** Follows redirects, from forms too, as long as they stay at the service. @returns the last response, and where it leads or what it is of */
    async follow(response: Response): Promise<{ response: Response; url: string; page?: string }> {
      let current = response
      for (let i = 0; i < 20; i++) {
        const page = current.status === 200 ? await current.text() : undefined
        const next = current.headers.get('location') ?? refreshIn(page)
        if (!next) return { response: current, url: current.url, ...(page !== undefined && { page }) }
        const url = new URL(next, issuer)
        if (url.origin !== issuer) return { response: current, url: url.href }
        current = await get(url.href)
      }
      throw new Error('too many redirects')
    },
  }
}

export type Browser = ReturnType<typeof browser>

function refreshIn(page: string | undefined): string | undefined {
  return /http-equiv="refresh" content="0; ?url=([^"]+)"/.exec(page ?? '')?.[1]?.replaceAll('&amp;', '&')
}

/** An authorization request with PKCE, ready to be sent by a browser. */
export async function request({ configuration }: Application, parameters: Record<string, string> = {}) {
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  const url = openid.buildAuthorizationUrl(configuration, {
    redirect_uri: CALLBACK,
    scope: 'openid email',
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...parameters,
  })
  return { url: url.href, checks: { pkceCodeVerifier: verifier, expectedState: state } }
}

/** The whole way of somebody who is signed in and allows what is asked for. */
export async function logInWith(person: Browser, application: Application, parameters: Record<string, string> = {}) {
  const { url, checks } = await request(application, parameters)
  let step = await person.follow(await person.get(url))
  if (step.page?.includes('value="allow"')) step = await person.follow(await person.post(step.url, { answer: 'allow' }))
  return openid.authorizationCodeGrant(application.configuration, new URL(step.url), checks)
}
