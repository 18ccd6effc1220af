// The administration of webhooks in a browser, with scripts and without: can everybody read every page, and does a receiver get what it should?
import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { administrator, PASSWORD } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { focusOn, send } from '../support/browser/forms.ts'
import { reloadUntil, serve } from '../support/browser/serve.ts'
import { status, webhookReceiver } from '../support/webhooks.ts'

const withScripts = await openBrowserOnEmbedded(t)
const withoutScripts = await openBrowserOnEmbedded(t, { javaScriptEnabled: false })

if (withScripts)
  t.test('every page about webhooks can be read by everybody', async t => {
    const heard = complaints(withScripts)
    const looked: string[] = []
    await walk(t, withScripts, async (page, where) => {
      looked.push(where)
      t.same(await faultsOn(page), [], where)
    })
    t.equal(looked.length, 9)
    t.same(heard, [], 'the pages complain of nothing')
  })

if (withoutScripts)
  t.test('without scripts, an administrator creates, tries, changes and deletes a webhook', async t =>
    walk(t, withoutScripts, async () => {}),
  )

/** @param look at each kind of page on the way */
async function walk(t: Test, browser: BrowserContext, look: (page: Page, where: string) => Promise<void>) {
  const receiver = await webhookReceiver(t)
  const { app, url } = await serve(t)
  const page = await browser.newPage()
  t.teardown(() => page.close())
  const { email } = await administrator(app)
  const main = page.getByRole('main')
  const press = (name: string) => main.getByRole('button', { name, exact: true }).first().click()
  const follow = (name: string) => main.getByRole('link', { name, exact: true }).click()
  const arrive = (name: string) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
  const told = (text: string) => page.getByRole('status').filter({ hasText: text }).waitFor()
  const shows = (text: string | RegExp) => reloadUntil(page, async () => (await main.getByText(text).count()) > 0)

  await page.goto(`${url}/admin`)
  await send(page, { email, password: PASSWORD })
  await page.getByRole('link', { name: 'Webhooks' }).click()
  await arrive('Webhooks')
  await look(page, 'the list without any')
  await follow('Create a webhook')
  await arrive('Confirm that it is you')
  await send(page, { password: PASSWORD })
  await arrive('Create a webhook')

  const name = 'Donaudampfschifffahrtsgesellschaftskapitänsmützenverwaltung'
  await page.getByLabel('Address').fill(`${receiver.url}/#top`)
  await page.getByLabel('What it is for').fill(name)
  await page.getByRole('group', { name: 'Contacts' }).getByLabel('Deleted').check()
  await press('Create a webhook')
  await page.getByRole('alert').waitFor()
  await look(page, 'the form with an error')
  await page.getByRole('alert').getByRole('link').click()
  if (browser === withScripts) await focusOn(page, 'url')
  t.ok(await page.getByRole('group', { name: 'Contacts' }).getByLabel('Deleted').isChecked())
  await page.getByLabel('Address').fill(`${receiver.url}/${'long'.repeat(200)}`)
  await press('Create a webhook')
  await arrive('Keep this now')
  const secret = () => page.locator('code.secret').textContent()
  const first = await secret()
  t.match(first, /^whsec_/)
  if (browser === withScripts) {
    await browser.grantPermissions(['clipboard-read', 'clipboard-write'])
    await press('Copy')
    await told('Copied.')
    t.equal(await page.evaluate<string>('navigator.clipboard.readText()'), first)
  } else t.equal(await main.getByRole('button', { name: 'Copy' }).count(), 0)
  await look(page, 'the secret')
  await follow('To the webhook')
  await arrive(name)

  receiver.respond = status(400)
  await press('Send a test event')
  await told('A test event is on its way.')
  await shows('responded 400')
  await look(page, 'a webhook with a delivery that failed')
  receiver.respond = status(204)
  await press('Send again')
  await told('The event is being sent again.')
  await shows(/webhook\.test\s*· Delivered/)
  t.match(
    receiver.received.map(({ event }) => event.type),
    ['webhook.test', 'webhook.test'],
  )

  await follow('Change')
  await arrive('Change the webhook')
  await page.getByLabel('All events, and those to come').check()
  await look(page, 'the form')
  await press('Save')
  await told('The webhook is changed.')
  await follow('Renew the secret …')
  await arrive('Renew the secret?')
  await look(page, 'the question about a secret')
  await press('Renew the secret')
  await arrive('Keep this now')
  t.not(await secret(), first)
  await follow('To the webhook')
  await follow('Disable …')
  await arrive('Disable this webhook?')
  await press('Disable')
  await told('The webhook is disabled.')
  await look(page, 'a webhook that is disabled')

  const [webhook] = (await app.webhooks.list({})).results
  t.match(webhook, { description: name, enabled: false, types: ['*', 'contact.deleted'] })
  await page.getByRole('link', { name: 'Webhooks' }).click()
  await arrive('Webhooks')
  await look(page, 'the list')
  await follow(name)
  await follow('Delete …')
  await arrive('Delete this webhook?')
  await look(page, 'the question about a webhook')
  await press('Delete')
  await told('The webhook is deleted.')
  await page.getByText('There is no webhook.').waitFor()
  t.same((await app.webhooks.list({})).results, [])
}
