/** The vanilla example, served from another port than the service it uses. */
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { BrowserContext, Page } from 'playwright-core'
import { exampleServer } from '../../../examples/vanilla/serve.ts'
import { build, type Environment, type Test, verifiedUser } from '../app.ts'
import { freePort } from '../free-port.ts'

export interface Example {
  app: FastifyInstance
  /** Of the service. */
  url: string
  /** Of the example's pages. */
  origin: string
}

/**
 * @param settings of the service, by the example's origin
 * @param pages a server of an example for this service, which is not listening yet
 */
export async function serveExample(
  t: Test,
  settings: (origin: string) => Environment,
  pages: (service: string) => Server | Promise<Server> = exampleServer,
): Promise<Example> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const origin = await servePages(t, await pages(url))
  const app = await build(t, { PUBLIC_URL: url, PORT: String(port), ...settings(origin) })
  await app.listen({ host: '127.0.0.1', port })
  return { app, url, origin }
}

/** Serves pages from an origin of their own. */
export async function servePages(t: Test, server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `http://localhost:${address.port}`
}

const FILMS = 7

export interface Answer {
  status: number
  code: string | undefined
}

interface Tokens {
  access: string
  refresh: string
  refreshAt: number
}

/** Opens the example in a tab of its own. */
export async function openTab(t: Test, browser: BrowserContext, url: string) {
  const page: Page = await browser.newPage()
  t.teardown(() => page.close())
  await page.goto(url)
  /** Runs the body of an async function with the page's `client`, `args`, `change` of the stored tokens, and `call`, which resolves to status and code. */
  const run = <Result>(body: string, args: object = {}): Promise<Result> =>
    page.evaluate(`(async () => {
      const { client } = await import('/app.js')
      const args = ${JSON.stringify(args)}
      const call = async (path, init) => {
        const response = await client.fetch(path, init)
        return { status: response.status, code: (await response.json()).message }
      }
      const key = Object.keys(localStorage).find(each => each.startsWith('holocron '))
      const stored = () => JSON.parse(localStorage.getItem(key))
      const change = tokens => {
        const entry = stored()
        Object.assign(entry.session.tokens, tokens)
        localStorage.setItem(key, JSON.stringify(entry))
      }
      ${body}
    })()`)

  return {
    page,
    run,
    status: page.getByRole('status'),
    showsFilms: () =>
      page
        .getByRole('listitem')
        .nth(FILMS - 1)
        .waitFor(),
    async asksForLogin(text: string): Promise<void> {
      await page.getByRole('status').filter({ hasText: text }).waitFor()
      await page.getByLabel('Password').waitFor()
    },
    call: (path: string, init: RequestInit = {}) => run<Answer>('return call(args.path, args.init)', { path, init }),

    async logIn({ email, password }: { email: string; password: string }): Promise<void> {
      await page.getByLabel('E-mail').fill(email)
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Log in', exact: true }).click()
    },

    tokens: () => run<Tokens>('return stored().session.tokens'),

    /** Changes the stored tokens, which all tabs share. With `refreshAt: 0` the access token is about to expire. */
    change: (tokens: Partial<Tokens>) => run<void>('change(args)', tokens),
  }
}

/** Two tabs of the example in front of somebody who has logged in. */
export async function loggedIn(t: Test, browser: BrowserContext) {
  const { app, origin } = await serveExample(t, origin => ({ CORS_ORIGINS: origin }))
  const user = await verifiedUser(app)
  const tab = await openTab(t, browser, origin)
  const other = await openTab(t, browser, origin)
  await tab.logIn(user)
  for (const each of [tab, other]) await each.showsFilms()
  return { app, user, tab, other }
}
