// oidc-client-ts in a browser: a single-page application at another origin, without a secret.

import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PASSWORD, verifiedUser } from '../support/app.ts'
import { openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { serve } from '../support/browser/serve.ts'
import { installClients } from '../support/clients.ts'
import { freePort } from '../support/free-port.ts'
import { register } from '../support/parties/program.ts'

const CLIENTS = join(import.meta.dirname, '../clients')

/** The application's page at every path, and its files. */
async function servePage(t: Test, port: number, settings: object): Promise<void> {
  const page = await readFile(join(CLIENTS, 'parties/oidc-client-ts.html'))
  const files: Record<string, string | Buffer> = {
    '/oidc-client-ts.min.js': await readFile(
      join(CLIENTS, 'node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js'),
    ),
    '/settings.js': `const settings = ${JSON.stringify(settings)}`,
  }
  const server = createServer(({ url = '' }, response) => {
    const file = files[url]
    response.setHeader('content-type', file ? 'text/javascript' : 'text/html; charset=utf-8').end(file ?? page)
  }).listen(port, 'localhost')
  await once(server, 'listening')
  t.teardown(() => server.close())
}

t.test('signs in, reads the films, renews its tokens in a hidden frame, and signs out', async t => {
  const browser = await openBrowserOnEmbedded(t)
  if (!browser) return
  await installClients()
  const port = await freePort()
  const home = `http://localhost:${port}`
  const { app, url } = await serve(t, { CORS_ORIGINS: home })
  const { email } = await verifiedUser(app)
  const { id } = await register(app, home, {
    token_endpoint_auth_method: 'none',
    redirect_uris: [`${home}/callback`, `${home}/silent`],
    post_logout_redirect_uris: [`${home}/`],
    grant_types: ['authorization_code'],
    scope: 'openid email films:read',
  })
  await servePage(t, port, { authority: url, client_id: id })
  const page = await browser.newPage()

  await page.goto(home)
  await page.getByText('signed out').waitFor()
  await page.evaluate('void manager.signinRedirect()')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.locator('main form button').first().click()
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.getByText(`${email}: 7 films`).waitFor()
  t.pass('signed in, with user information')

  const renewed = await page.evaluate<boolean>(
    'manager.getUser().then(async before => (await manager.signinSilent()).access_token !== before.access_token)',
  )
  t.ok(renewed)
  t.equal(await page.evaluate('films()'), 7)

  await page.evaluate('void manager.signoutRedirect()')
  await page.locator('button[name=logout]').click()
  await page.getByText('signed out').waitFor()
  t.equal(page.url(), `${home}/`)
})
