// The whole way with an application that nobody here wrote the protocol of: node:http and openid-client. It signs a person in, and forgets them at once
// when they end its access elsewhere.
import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { parseCookie } from 'cookie'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as openid from 'openid-client'
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { servePages } from '../support/browser/example.ts'
import { send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { enrolled, otpOf, steppingClock } from '../support/mfa.ts'
import { application } from '../support/oauth.ts'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

interface Visitor {
  checks?: { pkceCodeVerifier: string; expectedState: string }
  name?: string
  sid?: string
  idToken?: string
}

/** A small application with sessions of its own: `/` says who is signed in. */
function thirdParty() {
  const visitors = new Map<string, Visitor>()
  let configuration: openid.Configuration
  let home: string

  async function signIn(visitor: Visitor): Promise<string> {
    const checks = { pkceCodeVerifier: openid.randomPKCECodeVerifier(), expectedState: openid.randomState() }
    visitor.checks = checks
    return openid.buildAuthorizationUrl(configuration, {
      redirect_uri: `${home}/callback`,
      scope: 'openid profile',
      state: checks.expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: 'S256',
    }).href
  }

  async function callback(visitor: Visitor, url: URL): Promise<string> {
    const tokens = await openid.authorizationCodeGrant(configuration, url, visitor.checks)
    const claims = tokens.claims()
    const { name = '' } = await openid.fetchUserInfo(configuration, tokens.access_token, claims?.sub ?? '')
    Object.assign(visitor, { name, sid: claims?.sid, idToken: tokens.id_token })
    return '/'
  }

  const signOut = ({ idToken = '' }: Visitor) =>
    openid.buildEndSessionUrl(configuration, { id_token_hint: idToken, post_logout_redirect_uri: `${home}/bye` }).href

  async function loggedOut(request: IncomingMessage): Promise<void> {
    let form = ''
    for await (const chunk of request) form += chunk
    const { issuer, jwks_uri = '' } = configuration.serverMetadata()
    const keys = createRemoteJWKSet(new URL(jwks_uri))
    const token = new URLSearchParams(form).get('logout_token') ?? ''
    const { payload } = await jwtVerify(token, keys, { issuer, typ: 'logout+jwt' })
    for (const [id, { sid }] of visitors) if (sid === payload.sid) visitors.delete(id)
  }

  const server: Server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', home)
    if (url.pathname === '/backchannel') {
      await loggedOut(request)
      return response.end()
    }
    const id = parseCookie(request.headers.cookie ?? '').visitor ?? randomUUID()
    const visitor = visitors.get(id) ?? {}
    visitors.set(id, visitor)
    response.setHeader('set-cookie', `visitor=${id}; HttpOnly`)
    const steps: Record<string, () => Promise<string>> = {
      '/sign-in': () => signIn(visitor),
      '/callback': () => callback(visitor, url),
      '/sign-out': async () => signOut(visitor),
    }
    const location = await steps[url.pathname]?.()
    if (location !== undefined) return response.writeHead(303, { location }).end()
    response.setHeader('content-type', 'text/html')
    return response.end(`<!doctype html><title>News</title><p>${url.pathname} ${visitor.name ?? 'Nobody'}</p>`)
  })
  return {
    server,
    start(at: string, of: openid.Configuration) {
      home = at
      configuration = of
    },
  }
}

function asAPerson(browser: BrowserContext): void {
  t.test('an application forgets a person within a second who ends its access in the list of devices', async t => {
    steppingClock(t)
    const { app, url } = await serve(t)
    const party = thirdParty()
    const home = await servePages(t, party.server)
    const news = await application(app, {
      redirect_uris: [`${home}/callback`],
      post_logout_redirect_uris: [`${home}/bye`],
      backchannel_logout_uri: `${home}/backchannel`,
    })
    party.start(home, news.configuration)
    const { user, secret, user_id } = await enrolled(app)
    await app.db
      .updateTable('users')
      .set({ first_name: 'Leia', last_name: 'Organa' })
      .where('id', '=', user_id)
      .execute()

    const heard = complaints(browser)
    const [page, other] = [await browser.newPage(), await browser.newPage()]
    t.teardown(() => Promise.all([page.close(), other.close()]))
    const shows = (text: string) => page.getByText(text).waitFor()
    const allow = () => page.getByRole('button', { name: 'Allow', exact: true }).click()

    await page.goto(`${home}/sign-in`)
    await send(page, { ...user })
    await send(page, { otp: otpOf(secret) })
    await allow()
    await shows('/ Leia Organa')

    await other.goto(`${url}/account/devices`)
    await other.getByRole('heading', { name: 'Holonet News' }).waitFor()
    await other.getByRole('button', { name: 'End access' }).click()
    await other.getByRole('status').filter({ hasText: 'The application is signed out' }).waitFor()
    const ended = performance.now()
    while (!(await (await page.reload())?.text())?.includes('Nobody'))
      if (performance.now() - ended > 1000) throw new Error('the application knows the person still')

    await page.goto(`${home}/sign-in`)
    await allow()
    await shows('/ Leia Organa')
    await page.goto(`${home}/sign-out`)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await shows('/bye')
    await page.goto(`${home}/`)
    await shows('/ Nobody')
    await other.goto(`${url}/account/devices`)
    await other.getByRole('button', { name: 'Sign in' }).first().waitFor()
    t.same(heard, [], 'the pages complain of nothing')
  })
}
