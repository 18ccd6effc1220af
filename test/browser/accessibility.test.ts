// Can everybody read the hosted pages? Those with errors and with the longest names: pages.test.ts
import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { mailedToken, newEmail, PASSWORD } from '../support/app.ts'
import { faultsOn } from '../support/browser/accessibility.ts'
import { complaints, openBrowserOnEmbedded } from '../support/browser/chromium.ts'
import { send } from '../support/browser/forms.ts'
import { serve } from '../support/browser/serve.ts'
import { PAGES } from '../support/pages.ts'

const browser = await openBrowserOnEmbedded(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('every page can be read by everybody, on phones and wide screens, light and dark', async t => {
    const { app, url } = await serve(t)
    const heard = complaints(browser)
    const page = await browser.newPage()
    t.teardown(() => page.close())
    const user = { email: newEmail(), password: PASSWORD }
    for (const path of PAGES) {
      await page.goto(url + path)
      t.same(await faultsOn(page), [], path)
    }
    await page.goto(`${url}/signup`)
    await send(page, user)
    await page.getByRole('heading', { name: 'Look into your inbox' }).waitFor()
    await page.goto(`${url}/users/v1/email_verification?token=${await mailedToken(app, user.email)}`)
    t.same(await faultsOn(page), [])
    await send(page, { password: user.password })
    await page.getByRole('heading', { name: 'Your address is confirmed' }).waitFor()
    t.same(await faultsOn(page), [])
    await page.goto(`${url}/signin`)
    await send(page, user)
    await page.getByRole('heading', { name: 'You are signed in' }).waitFor()
    t.same(await faultsOn(page), [])
    t.same(heard, [], 'the pages complain of nothing')
  })
}
