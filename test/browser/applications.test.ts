// The administration of applications in a browser, with scripts and without: can everybody read every page, and is an application registered?
import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { administrator, PASSWORD } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { focusOn, send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'

const withScripts = await openBrowserOnEmbedded(t)
const withoutScripts = await openBrowserOnEmbedded(t, { javaScriptEnabled: false })

if (withScripts)
  t.test('every page about applications can be read by everybody', async t => {
    const heard = complaints(withScripts)
    const looked: string[] = []
    await walk(t, withScripts, async (page, where) => {
      looked.push(where)
      t.same(await faultsOn(page), [], where)
    })
    t.equal(looked.length, 8)
    t.same(heard, [], 'the pages complain of nothing')
  })

if (withoutScripts)
  t.test('without scripts, an administrator registers, changes and deletes an application', async t =>
    walk(t, withoutScripts, async () => {}),
  )

/** @param look at each kind of page on the way */
async function walk(t: Test, browser: BrowserContext, look: (page: Page, where: string) => Promise<void>) {
  const { app, url } = await serve(t)
  const page = await browser.newPage()
  t.teardown(() => page.close())
  const { email } = await administrator(app)
  const press = (name: string) => page.getByRole('main').getByRole('button', { name, exact: true }).click()
  const follow = (name: string) => page.getByRole('main').getByRole('link', { name, exact: true }).click()
  const arrive = (name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
  // After the issuer and the client id.
  const secrets = async () => (await page.locator('code.secret').allTextContents()).slice(2)

  await page.goto(`${url}/admin`)
  await send(page, { email, password: PASSWORD })
  await page.getByRole('link', { name: 'Applications' }).click()
  await arrive('Applications')
  await follow('Register an application')
  await arrive('Confirm that it is you')
  await send(page, { password: PASSWORD })
  await arrive('Register an application')
  await look(page, 'the form')

  const name = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltungsanwendung'
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Redirect URIs').fill('http://news.example/callback')
  await page.getByLabel('Gets tokens for itself').check()
  await press('Register an application')
  await page.getByRole('alert').waitFor()
  await look(page, 'the form with an error')
  await page.getByRole('alert').getByRole('link').click()
  if (browser === withScripts) await focusOn(page, 'redirect_uris')
  t.equal(await page.getByLabel('Name', { exact: true }).inputValue(), name)
  t.ok(await page.getByLabel('Gets tokens for itself').isChecked())
  await page.getByLabel('Redirect URIs').fill(`https://news.example/${'callback'.repeat(20)}\nhttps://news.example/`)
  await press('Register an application')
  await arrive('Keep this now')
  await look(page, 'the secret')
  const [first] = await secrets()
  t.match(first, /^[\w-]{43}$/)

  await follow('To the application')
  await arrive(name)
  await look(page, 'an application')
  await follow('Change')
  await arrive('Change the application')
  await page.getByLabel('Kind').selectOption('On a phone or a computer')
  await page.getByLabel('One of our own').check()
  await press('Save')
  await page.getByRole('status').filter({ hasText: 'The application is changed.' }).waitFor()

  await follow('Renew the secret …')
  await arrive('Renew the secret?')
  await look(page, 'the question about a secret')
  await press('Renew the secret')
  await arrive('Keep this now')
  const [second] = await secrets()
  t.not(second, first)
  await follow('To the application')

  const [client] = (await app.oauthClients.list({})).results
  t.match(client, {
    client_name: name,
    application_type: 'native',
    first_party: true,
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  })
  const stored = await app.oauthClients.find(client?.client_id ?? '')
  for (const secret of [first, second]) t.ok(stored && app.oauthClients.verifySecret(stored, secret ?? ''))

  await page.getByRole('link', { name: 'Applications' }).click()
  await arrive('Applications')
  await look(page, 'the list')
  await follow(name)
  await follow('Delete …')
  await arrive('Delete this application?')
  await look(page, 'the question about an application')
  await press('Delete')
  await page.getByRole('status').filter({ hasText: 'The application is deleted.' }).waitFor()
  await page.getByText('No application is registered.').waitFor()
  await page.goto(`${url}/admin/history`)
  await look(page, 'the history')
  t.same((await app.oauthClients.list({})).results, [])
}
