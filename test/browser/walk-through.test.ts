import type { BrowserContext } from 'playwright-core'
import t from 'tap'
import { newEmail, PASSWORD } from '../support/app.ts'
import { complaints, openBrowser } from '../support/browser/chromium.ts'
import { reloadUntil, serve } from '../support/browser/serve.ts'
import { swaggerUi } from '../support/browser/swagger-ui.ts'

const browser = await openBrowser(t)
if (browser) asAPerson(browser)

function asAPerson(browser: BrowserContext): void {
  t.test('in a browser, a person signs up, follows the mailed link, and logs in', async t => {
    const { url } = await serve(t)
    const heard = complaints(browser)
    const credentials = { email: newEmail(), password: PASSWORD }

    const page = await browser.newPage()
    await page.goto(`${url}/ui`)
    const ui = swaggerUi(page)

    t.match(await ui.execute('signup', credentials), { status: 200, body: { status: 'ok' } })
    t.match(await ui.execute('login', credentials), { status: 400, body: { message: 'email-unverified' } })

    const mailboxTab = browser.waitForEvent('page')
    await page.getByRole('link', { name: 'mail', exact: true }).click()
    const mailbox = await mailboxTab
    const link = mailbox.locator('article', { hasText: credentials.email }).getByRole('link')
    await reloadUntil(mailbox, () => link.isVisible())
    await link.click()
    await mailbox.getByLabel('Password').fill(PASSWORD)
    await mailbox.getByRole('button', { name: 'Confirm my address' }).click()
    await mailbox.getByRole('heading', { name: 'Your address is confirmed' }).waitFor()
    await mailbox.close()

    t.match(await ui.execute('listFilms'), { status: 401, body: { message: 'authorisation-required' } })
    t.equal((await ui.execute('login', credentials)).status, 200)
    t.same(heard, [], 'the pages complain of nothing')
  })

  t.test('the page of a mailed link tells a person when the link is used up', async t => {
    const heard = complaints(browser)
    const { url } = await serve(t)
    const page = await browser.newPage()
    await page.goto(`${url}/users/v1/email_verification?token=${'x'.repeat(43)}`)
    await page.getByRole('heading', { name: 'This link no longer works' }).waitFor()
    t.same(heard, [])
  })
}
