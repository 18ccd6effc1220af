// Second factors on the pages of the account, as a person sets them up and uses them.
import { readFile } from 'node:fs/promises'
import jsQR from 'jsqr'
import type { BrowserContext, Page } from 'playwright-core'
import { PNG } from 'pngjs'
import t from 'tap'
import { verifiedUser } from '../support/app.ts'
import { faultsOn, violationsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { addAuthenticator } from '../support/browser/passkeys.ts'
import { serve } from '../support/browser/serve.ts'
import { otpOf, steppingClock } from '../support/mfa.ts'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

/** What a telephone's camera reads from the screen. */
async function seen(page: Page): Promise<URL> {
  const { data, width, height } = PNG.sync.read(await page.getByRole('img', { name: 'QR code' }).screenshot())
  return new URL(jsQR.default(new Uint8ClampedArray(data), width, height)?.data ?? '')
}

function asAPerson(browser: BrowserContext): void {
  t.test(
    'a person sets up an app from the picture on the screen, then a passkey, signs out, and comes back by the passkey',
    async t => {
      steppingClock(t)
      const { app, url } = await serve(t)
      const heard = complaints(browser)
      const page = await browser.newPage()
      t.teardown(() => page.close())
      // No suggestions, which a virtual authenticator would take at once.
      await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = async () => false')
      const arrive = (name: string) => page.getByRole('heading', { level: 1, name }).waitFor()
      const follow = (name: string) => page.getByRole('link', { name, exact: true }).click()
      const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
      const { email, password } = await verifiedUser(app)

      await page.goto(`${url}/account/two-factor`)
      await send(page, { email, password })
      await follow('Set up an authenticator app')
      await arrive('Confirm that it is you')
      await send(page, { password })
      await arrive('Set up an authenticator app')
      t.same(await violationsOn(page), [])
      await press('Show the QR code')
      const address = await seen(page)
      t.match(decodeURIComponent(address.pathname), `Holocron:${email}`)
      t.same(await faultsOn(page), [], 'the page with the picture')
      await page.getByLabel('Code from your app').fill(otpOf(address.searchParams.get('secret') ?? ''))
      await press('Turn it on')

      await arrive('Your recovery codes')
      t.same(await faultsOn(page), [], 'the page with the codes')
      const codes = await page.locator('.codes code').allTextContents()
      const download = page.waitForEvent('download')
      await press('Save as a file')
      t.match(await readFile(await (await download).path(), 'utf8'), codes.join('\r\n'))
      await page.emulateMedia({ media: 'print' })
      t.notOk(await page.getByRole('button', { name: 'Save as a file' }).isVisible(), 'not on paper')
      await page.emulateMedia({ media: 'screen' })
      await follow('I have kept them')

      await addAuthenticator(browser, page)
      await follow('Add a passkey')
      t.same(await violationsOn(page), [])
      await page.getByLabel('Name').fill('My laptop')
      await press('Create the passkey')
      await page.getByRole('status').filter({ hasText: 'The passkey is added.' }).waitFor()
      t.same(await faultsOn(page), [], 'the page with everything set up')
      await follow('Add a passkey')
      await press('Create the passkey')
      await page.getByRole('alert').filter({ hasText: 'This device has a passkey' }).waitFor()

      for (const link of ['Rename My laptop', 'Remove My laptop', 'Turn it off', 'Get new codes']) {
        await page.goto(`${url}/account/two-factor`)
        await follow(link)
        await page.locator('main form').waitFor()
        t.same(await violationsOn(page), [], link)
      }

      await press('Sign out')
      await page.goto(`${url}/signin?redirect_to=/account/two-factor`)
      await press('Use a passkey')
      await arrive('Two-factor sign-in')
      t.notMatch(await page.locator('main').textContent(), 'Never used')
      t.same(heard, [], 'the pages complain of nothing')
    },
  )
}
